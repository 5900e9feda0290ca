"""Many deliveries at once, each twice, in no order: the event record says what became of every one."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
import requests

from tests.e2e.installation import FINAL, Repository, installed, push_body, signed
from tests.waiting import wait_until

APPS, DELIVERIES, CONNECTIONS = 3, 200, 8


@dataclass
class Storm:
    """What was sent, what was answered, and what the event record says."""

    tips: dict[str, str]
    answers: dict[str, list[requests.Response]]
    events: list[dict[str, str]]
    built: dict[str, str]


@pytest.fixture(scope="module")
def storm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storm]:
    folder = tmp_path_factory.mktemp("storm")
    repositories = {f"app{number}": Repository(folder / "git" / f"app{number}") for number in range(APPS)}
    commits = [(name, repositories[name].commit({"n": str(n)})) for n in range(DELIVERIES) for name in [f"app{n % APPS}"]]
    apps = {
        name: {
            "source": {"url": str(repository.folder), "secret_env": "SECRET"},
            "image": {"engine": "local"},
            "target": {"kind": "local", "port": 1 + int(name[-1])},
            "steps": ["pull"],
        }
        for name, repository in repositories.items()
    }
    with installed(folder / "service", apps, "--workers", "2") as service:
        tips = {name: repository.git("rev-parse", "HEAD").strip() for name, repository in repositories.items()}
        deliveries = [(f"delivery-{n}", push_body(repositories[name].name, commit)) for n, (name, commit) in enumerate(commits)] * 2
        random.Random(7).shuffle(deliveries)
        answers = sent(f"{service.address}/hooks/github", deliveries)
        wait_until(lambda: all(service.store.active(name) is None for name in apps), 120, 0.2)
        newest = {name: next(run for run in service.store.runs(name, limit=500) if run.status == "succeeded") for name in apps}
        yield Storm(tips, answers, list(service.store.events()), {name: run.built_commit for name, run in newest.items()})


def sent(url: str, deliveries: list[tuple[str, bytes]]) -> dict[str, list[requests.Response]]:
    """Post everything over 8 kept-alive connections; the answers by delivery."""
    answers: dict[str, list[requests.Response]] = defaultdict(list)

    def send(part: list[tuple[str, bytes]]) -> None:
        with requests.Session() as connection:
            for delivery, body in part:
                answers[delivery].append(connection.post(url, body, headers=signed(body, delivery), timeout=30))

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        list(pool.map(send, [deliveries[n::CONNECTIONS] for n in range(CONNECTIONS)]))
    return answers


def of_kind(storm: Storm, *kinds: str) -> list[dict[str, str]]:
    return [event for event in storm.events if event["kind"] in kinds]


def test_every_delivery_is_answered_twice_with_the_same_run(storm: Storm) -> None:
    assert len(storm.answers) == DELIVERIES
    for answers in storm.answers.values():
        assert sorted(answer.status_code for answer in answers) == [200, 202]
        assert len({answer.json()["outcomes"][0]["run"] for answer in answers}) == 1


def test_no_delivery_is_lost(storm: Storm) -> None:
    claimed = {event["detail"] for event in of_kind(storm, "accepted")}
    assert claimed == {f"github:{delivery}" for delivery in storm.answers}


def test_every_accepted_run_ends_once_and_begins_at_most_once(storm: Storm) -> None:
    accepted = {event["run"] for event in of_kind(storm, "accepted")}
    assert Counter(event["run"] for event in of_kind(storm, *FINAL)) == Counter(accepted)
    assert max(Counter(event["run"] for event in of_kind(storm, "begun")).values()) == 1


def test_no_run_fails(storm: Storm) -> None:
    assert {event["kind"] for event in of_kind(storm, *FINAL)} == {"succeeded", "superseded"}


def test_at_most_one_run_of_an_app_is_active_at_any_moment(storm: Storm) -> None:
    active: dict[str, str] = {}
    for event in storm.events:
        if event["kind"] == "activated":
            assert event["app"] not in active, f"{event['run']} beside {active[event['app']]}"
            active[event["app"]] = event["run"]
        elif event["kind"] == "begun":
            assert active[event["app"]] == event["run"]
        elif event["kind"] == "succeeded":
            assert active.pop(event["app"]) == event["run"]
    assert active == {}


def test_every_app_ends_on_its_newest_commit(storm: Storm) -> None:
    assert storm.built == storm.tips
