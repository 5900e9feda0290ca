"""The pages of deliveries from the outside: the log, one of them, and its way through once more."""

import re
import time
from collections.abc import Mapping

import pytest
from flask.testing import FlaskClient

from hook_server import create_app
from hook_server.delivery_pages import AT_A_TIME
from pipeline.model import Trigger
from pipeline.store import Store
from pipeline.token import Scope
from tests import realistic_deliveries
from tests.hook import csrf, deliver, log_in, payload, settings, spec
from tests.keys import kept

PAGE = "/deliveries"
NASTY = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


@pytest.fixture
def ids(store: Store) -> Mapping[str, str]:
    """A log with one of each kind in it; their ids."""
    return realistic_deliveries.fill(store, time.time())


def fields(page: str) -> dict[str, str]:
    return dict(re.findall(r'name="(csrf|key)" value="([\w-]+)"', page))


@pytest.mark.parametrize("path", [PAGE, f"{PAGE}/5-0"])
def test_a_stranger_is_sent_to_the_login(stranger: FlaskClient, path: str) -> None:
    assert stranger.get(path).headers["Location"].startswith(f"/login?next={path}")


def test_a_stranger_cannot_redeliver(stranger: FlaskClient, ids: Mapping[str, str]) -> None:
    assert stranger.post(f"{PAGE}/{ids['newest']}/redeliver", data={"csrf": csrf(stranger)}).status_code == 401


def test_a_member_without_the_csrf_token_is_403(member: FlaskClient, ids: Mapping[str, str], store: Store) -> None:
    before = len(store.runs())
    assert member.post(f"{PAGE}/{ids['newest']}/redeliver").status_code == 403
    assert len(store.runs()) == before


@pytest.mark.parametrize(
    "text",
    [
        "Log the request id with every prediction",
        "pushed by grace",
        "acme/churn",
        "no changed path matches iris/**, *.toml",
        "the commit message says [skip ci]",
        "old was deleted",
        "the payload names a commit that is not 40 or 64 hex digits",
        "signed with secret 1 of this app",
        "3017 wrong",
        "203.0.113.8",
    ],
)
def test_the_log_tells_who_what_and_what_came_of_it(member: FlaskClient, ids: Mapping[str, str], text: str) -> None:
    assert text in member.get(PAGE).text


def test_the_log_leads_to_the_run_and_to_the_one_that_took_its_place(member: FlaskClient, ids: Mapping[str, str]) -> None:
    page = member.get(f"{PAGE}/{ids['superseded']}").text
    assert "Superseded" in page
    assert re.findall(r'href="/runs/(d\d)"', page) == ["d2", "d3"]


def test_a_run_leads_to_its_delivery_and_every_page_to_the_log(member: FlaskClient, ids: Mapping[str, str]) -> None:
    page = member.get("/runs/d3").text
    assert f'href="{PAGE}/{ids["newest"]}"' in page
    assert f'href="{PAGE}"' in page


@pytest.mark.parametrize(
    ("asked", "shown"),
    [({"outcome": "failed"}, ["failed"]), ({"app": "iris"}, ["several"]), ({"app": "recommender", "outcome": "pong"}, [])],
)
def test_the_log_is_narrowed_to_an_app_and_an_outcome(
    member: FlaskClient, ids: Mapping[str, str], asked: dict[str, str], shown: list[str]
) -> None:
    found = re.findall(r'id="delivery-([\d-]+)"', member.get(PAGE, query_string=asked).text)
    assert found == [ids[kind] for kind in shown]


def test_older_ones_are_a_page_further(redis_url: str) -> None:
    client = create_app(settings(redis_url), spec()).test_client()
    log_in(client)
    for number in range(AT_A_TIME + 1):
        deliver(client, b"{}", event="issues", delivery=f"d{number}")
    (older,) = re.findall(r'href="(/deliveries\?before=[^"]+)"', client.get(PAGE).text)
    page = client.get(older).text
    assert (len(re.findall('id="delivery-', page)), "before=" in page) == (1, False)


@pytest.mark.parametrize("asked", ["outcome=lost", "before=x"])
def test_an_address_that_cannot_be_is_400(member: FlaskClient, asked: str) -> None:
    assert member.get(f"{PAGE}?{asked}").status_code == 400


def test_an_empty_log_says_what_will_stand_there(member: FlaskClient) -> None:
    assert "No delivery yet" in member.get(PAGE).text


def test_a_redelivery_leads_to_its_own_entry_and_a_double_click_starts_nothing_more(
    member: FlaskClient, ids: Mapping[str, str], store: Store
) -> None:
    address = f"{PAGE}/{ids['skipped']}"
    said = {**fields(member.get(address).text), "reason": "it was needed"}
    before = len(store.runs())
    first, second = (member.post(f"{address}/redeliver", data=said) for _ in range(2))
    assert (first.status_code, len(store.runs())) == (303, before + 1)
    newest = store.runs(limit=1)[0]
    assert (newest.trigger, newest.requested_by, first.headers["Location"]) == (
        Trigger.REDELIVERY,
        "the dashboard",
        f"{PAGE}/{newest.entry}",
    )
    page = member.get(first.headers["Location"]).text
    assert "it was needed" in page
    assert f'href="{address}"' in page
    assert f'href="/runs/{newest.id}"' in member.get(second.headers["Location"]).text


@pytest.mark.parametrize("kind", ["ping", "other", "failed"])
def test_what_is_no_push_offers_no_way_through(member: FlaskClient, ids: Mapping[str, str], kind: str) -> None:
    assert "Redeliver" not in member.get(f"{PAGE}/{ids[kind]}").text


def test_what_a_push_says_is_shown_as_text(redis_url: str) -> None:
    client = create_app(settings(redis_url), spec()).test_client()
    log_in(client)
    head = {"id": "6dcb09b5b57875f334f61aebed695e2e4193db5e", "message": NASTY}
    ref = "refs/heads/<script>"
    deliver(client, payload("push", head_commit=head, ref=ref, sender={"login": NASTY}, commits=[{"added": [NASTY]}]))
    (entry,) = re.findall(r'id="delivery-([\d-]+)"', client.get(PAGE).text)
    for path in (PAGE, f"{PAGE}/{entry}"):
        page = client.get(path).text
        assert "<script>alert" not in page
        assert "<img" not in page
        assert "refs/heads/<script>" not in page


def test_a_path_that_nobody_can_believe_is_shown_as_text(redis_url: str) -> None:
    """An address is the socket's own, and of what was sent only the path is shown."""
    client = create_app(settings(redis_url), spec()).test_client()
    log_in(client)
    deliver(client, payload("push"), secret="the attacker's", headers={"X-Forwarded-For": NASTY, "User-Agent": NASTY})
    page = client.get(PAGE).text
    assert ("1 wrong" in page, "127.0.0.1" in page, "alert(1)" in page) == (True, True, False)


def test_who_may_only_read_sees_the_log_and_can_send_nothing_through(stranger: FlaskClient, ids: Mapping[str, str], store: Store) -> None:
    assert log_in(stranger, kept(store.redis, Scope.READ).text).status_code == 302
    address = f"{PAGE}/{ids['newest']}"
    assert ["Redeliver" in stranger.get(path).text for path in (PAGE, address)] == [False, False]
    assert stranger.post(f"{address}/redeliver", data={"csrf": csrf(stranger)}).status_code == 403
