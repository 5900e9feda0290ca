"""All that opens the hook server, at its start and while it runs."""

from pathlib import Path

import pytest

from pipeline.errors import SettingsError
from pipeline.secrets import files, read, reread
from pipeline.settings import Settings
from tests.hook import OLD_SECRET, PASSWORD, ROSE_SECRET, SECRET, TOKEN, settings, spec

GOOD = settings("redis://127.0.0.1/0")


def lacking(*names: str) -> Settings:
    return settings("redis://127.0.0.1/0", **dict.fromkeys(names, " "))


def test_at_start_all_are_read() -> None:
    found = read(GOOD, spec())
    assert found.webhook == {"iris": (SECRET, OLD_SECRET), "rose": (ROSE_SECRET,)}
    assert (found.api_tokens[0], found.dashboard_password, found.lost) == (TOKEN, PASSWORD, {})


def test_while_the_server_runs_the_same_are_read_again() -> None:
    assert reread(GOOD, spec()) == (read(GOOD, spec()), ())


@pytest.mark.parametrize("name", ["IRIS_SECRET", "IRIS_OLD_SECRET", "ROSE_SECRET", "PUSHRAIL_API_TOKEN", "PUSHRAIL_DASHBOARD_PASSWORD"])
def test_at_start_none_may_be_missing(name: str) -> None:
    with pytest.raises(SettingsError, match=name):
        read(lacking(name), spec())


def test_a_secret_that_is_lost_is_named_and_the_others_keep_their_places() -> None:
    found, wrong = reread(lacking("IRIS_SECRET"), spec())
    assert found.lost == {"iris": ("IRIS_SECRET",)}
    assert (found.webhook["iris"][1], found.webhook["rose"]) == (OLD_SECRET, (ROSE_SECRET,))
    assert [said.partition(" ")[0] for said in wrong] == ["IRIS_SECRET"]


def test_what_stands_in_for_a_lost_secret_is_no_secret_of_anybody_and_the_same_at_every_reading() -> None:
    gone = lacking("IRIS_SECRET", "PUSHRAIL_API_TOKEN", "PUSHRAIL_DASHBOARD_PASSWORD")
    found, wrong = reread(gone, spec())
    stand_ins = {found.webhook["iris"][0], found.dashboard_password, *found.api_tokens}
    assert all(len(each) >= 32 for each in stand_ins)
    assert not stand_ins & {*GOOD.environment.values()}
    assert reread(gone, spec()) == (found, wrong)
    assert len(wrong) == 3


def test_a_secret_that_became_short_is_lost() -> None:
    found, wrong = reread(settings("redis://127.0.0.1/0", ROSE_SECRET="short"), spec())
    assert (found.lost, "short" in found.webhook["rose"]) == ({"rose": ("ROSE_SECRET",)}, False)
    assert "ROSE_SECRET has 5 bytes" in wrong[0]


def test_nothing_secret_is_in_the_repr() -> None:
    assert all(secret not in repr(read(GOOD, spec())) for secret in (SECRET, OLD_SECRET, ROSE_SECRET, TOKEN, PASSWORD))


def test_only_what_is_read_from_files_is_looked_after() -> None:
    given = settings("redis://127.0.0.1/0", IRIS_SECRET="", IRIS_SECRET_FILE="/a", ROSE_SECRET_FILE="/b", PUSHRAIL_API_TOKEN_FILE="/c")
    assert files(given, spec()) == {Path("/a")}
