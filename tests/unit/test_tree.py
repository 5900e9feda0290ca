import os
from pathlib import Path

from worker import tree


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def test_same_content_has_the_same_digest_whatever_its_times(tmp_path: Path) -> None:
    one, two = write(tmp_path / "one", a="1", b__c="2"), write(tmp_path / "two", b__c="2", a="1")
    os.utime(one / "a", (0, 0))
    assert tree.digest(one) == tree.digest(two)


def test_content_names_and_executable_bits_count(tmp_path: Path) -> None:
    folder = write(tmp_path, a="1")
    seen = {tree.digest(folder)}
    (folder / "a").chmod(0o755)
    seen.add(tree.digest(folder))
    (folder / "a").rename(folder / "b")
    seen.add(tree.digest(folder))
    (folder / "b").write_text("2")
    seen.add(tree.digest(folder))
    assert len(seen) == 4


def test_only_what_the_patterns_name_counts(tmp_path: Path) -> None:
    folder = write(tmp_path, data__x__y="1", code="1")
    before = tree.digest(folder, ["data/**"])
    write(folder, code="2")
    assert tree.digest(folder, ["data/**"]) == before
    write(folder, data__x__y="2")
    assert tree.digest(folder, ["data/**"]) != before


def test_a_link_counts_as_its_text_and_is_not_followed(tmp_path: Path) -> None:
    folder = write(tmp_path, a="1")
    (folder / "link").symlink_to("/etc/passwd")
    assert tree.digest(folder) != tree.digest(write(tmp_path / "other", a="1"))


def test_parts_do_not_run_into_each_other() -> None:
    assert tree.combined("ab", "c") != tree.combined("a", "bc")


def test_a_pattern_that_names_a_folder_means_all_below_it(tmp_path: Path) -> None:
    folder = write(tmp_path, data__x__y="1", code="1")
    assert tree.digest(folder, ["data"]) == tree.digest(folder, ["data/**"]) != tree.digest(folder, ["code"])


def test_a_pattern_that_names_nothing_matches_nothing(tmp_path: Path) -> None:
    folder = write(tmp_path, data__x="1")
    assert [tree.matches(folder, pattern) for pattern in ("data/**", "data/", "data/x", "dta/**", "*.py")] == [
        True,
        True,
        True,
        False,
        False,
    ]
