"""Files that are looked at from time to time."""

from pathlib import Path

import pytest

from hook_server.files import Files


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.write_text("one")
    return path


def test_what_is_left_alone_has_not_changed(secret: Path) -> None:
    files = Files([secret])
    assert [files.changed() for _ in range(3)] == [False] * 3


def test_a_change_is_told_once_when_it_has_come_to_rest(secret: Path) -> None:
    files = Files([secret])
    secret.write_text("two and more")
    assert [files.changed() for _ in range(3)] == [False, True, False]


def test_a_file_that_is_being_written_is_waited_for(secret: Path) -> None:
    files = Files([secret])
    told = []
    for text in ("", "t", "tw", "two"):
        secret.write_text(text * 2)
        told.append(files.changed())
    assert told == [False] * 4
    assert files.changed()


def test_a_file_that_goes_and_one_that_comes_have_changed(secret: Path) -> None:
    files = Files([secret])
    for act in (secret.unlink, lambda: secret.write_text("again")):
        act()
        assert [files.changed() for _ in range(3)] == [False, True, False]


def test_a_file_that_was_replaced_and_put_back_in_time_has_not_changed(secret: Path) -> None:
    files = Files([secret])
    kept = secret.rename(secret.with_name("kept"))
    secret.write_text("one")
    assert not files.changed()
    kept.rename(secret)
    assert [files.changed() for _ in range(2)] == [False] * 2


def test_a_link_that_leads_elsewhere_is_a_change(tmp_path: Path) -> None:
    """As a Secret of Kubernetes is replaced: the file is a link into a folder that is itself a link."""
    for name in ("v1", "v2"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "secret").write_text("same")
    (tmp_path / "..data").symlink_to("v1")
    (tmp_path / "secret").symlink_to("..data/secret")
    files = Files([tmp_path / "secret"])
    (tmp_path / "new").symlink_to("v2")
    (tmp_path / "new").rename(tmp_path / "..data")
    assert [files.changed() for _ in range(3)] == [False, True, False]
