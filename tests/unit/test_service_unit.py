"""The systemd unit starts a command that there is, with flags that there are, and ends it as it wants to be ended."""

import configparser
import shlex
from pathlib import Path

import click

from cli.main import main

UNIT = configparser.ConfigParser(strict=False, interpolation=None)
UNIT.optionxform = str  # type: ignore[assignment,method-assign]  # systemd's keys are of both cases
UNIT.read(Path(__file__).parents[2] / "deploy" / "pushrail.service")
SERVICE = UNIT["Service"]


def test_its_command_is_one_of_ours() -> None:
    program, *args = shlex.split(SERVICE["ExecStart"])
    assert Path(program).name == "pushrail"
    up = main.commands[args[0]].make_context(args[0], args[1:])
    assert (up.params["config"], up.params["data_dir"]) == (Path("/etc/pushrail/pipeline.yaml"), Path("/var/lib/pushrail"))
    assert isinstance(up, click.Context)


def test_what_it_keeps_is_kept_in_its_state_directory() -> None:
    assert SERVICE["ExecStart"].endswith(f"/var/lib/{SERVICE['StateDirectory']}")


def test_it_comes_back_after_a_crash_and_after_a_reboot() -> None:
    assert (SERVICE["Restart"], UNIT["Install"]["WantedBy"]) == ("always", "multi-user.target")


def test_up_ends_its_programs_itself_before_they_are_killed() -> None:
    assert SERVICE["KillMode"] == "mixed"
    assert int(SERVICE["TimeoutStopSec"]) > 30


def test_a_reload_has_it_read_its_files_again() -> None:
    assert SERVICE["ExecReload"] == "/bin/kill -HUP $MAINPID"
