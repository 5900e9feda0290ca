"""What a stranger may reach: what is named here and nothing else, of whatever is there, now and later.

The addresses of webhooks stand in front of Flask; a delivery is known by its signature.
"""

import re

import pytest
from werkzeug.routing import Rule

from hook_server import create_app
from tests.hook import settings, spec

OPEN = {
    "health.alive",
    "health.ready",
    "auth.login",
    "auth.log_in",
    "auth.log_out",
    "static",
    "apidocs.show",
    "apidocs.send",
    "api-docs.openapi_json",  # a description, which is the same everywhere
}
APP = create_app(settings("redis://127.0.0.1:1/0"), spec())
RULES = sorted(APP.url_map.iter_rules(), key=str)


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.endpoint not in OPEN], ids=str)
def test_a_stranger_is_refused_or_sent_to_the_login(rule: Rule) -> None:
    path = re.sub("<[^>]*>", "x", rule.rule)
    for method in (rule.methods or set()) - {"OPTIONS"}:
        answer = APP.test_client().open(path, method=method)
        sent_away = answer.status_code == 302 and answer.headers["Location"].startswith("/login")
        assert sent_away or answer.status_code == 401, (method, answer.status)


def test_what_is_named_here_is_there() -> None:
    assert {rule.endpoint for rule in RULES} >= OPEN
