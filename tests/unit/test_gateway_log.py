from pathlib import Path

from worker.gateway.log import bound, open_log, path_for, tail


def test_tail_is_the_last_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(b"\n".join(b"line %d" % number for number in range(1000)) + b"\n")
    assert tail(path, 2) == ("line 998", "line 999")


def test_tail_of_no_file_is_nothing(tmp_path: Path) -> None:
    assert tail(tmp_path / "a.log", 2) == ()


def test_tail_of_what_is_no_text_is_readable(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(b"\xff\xfe oops\n")
    assert tail(path, 2) == ("\ufffd\ufffd oops",)


def test_a_log_that_grew_too_large_is_cut_while_it_is_written(tmp_path: Path) -> None:
    with open_log(path_for(tmp_path, "iris", 1)) as output:
        output.write(b"x" * (9 * 1024 * 1024))
        bound(Path(output.name))
        output.write(b"and on\n")
    assert Path(output.name).read_bytes() == b"and on\n"


def test_only_the_newest_logs_are_kept(tmp_path: Path) -> None:
    for number in range(30):
        open_log(path_for(tmp_path, "iris", number)).close()
    assert len(list((tmp_path / "iris").iterdir())) == 21


def test_a_log_that_somebody_removed_is_no_trouble(tmp_path: Path) -> None:
    bound(tmp_path / "a.log")
