"""``/apidocs`` in a real browser: read without a login, tried out with a token, and nothing from elsewhere."""

import pytest
from playwright.sync_api import Page, expect

from tests.hook import TOKEN

pytestmark = pytest.mark.browser


def test_a_stranger_reads_and_who_has_a_token_tries_an_operation_out(page: Page, address: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{address}/apidocs")
    operation = page.locator("#operations-apps-list_apps")
    operation.click()
    operation.get_by_role("button", name="Try it out").click()
    operation.get_by_role("button", name="Execute").click()
    status = operation.locator(".live-responses-table tr.response .response-col_status")
    expect(status).to_contain_text("401")

    page.get_by_role("button", name="Authorize").click()
    page.locator(".modal-ux input").fill(TOKEN)
    page.locator(".modal-ux").get_by_role("button", name="Apply credentials").click()
    page.locator(".modal-ux").get_by_role("button", name="Close").click()
    operation.get_by_role("button", name="Execute").click()
    expect(status).to_contain_text("200")
    assert [url for url in asked if not url.startswith((address, "data:"))] == []
