"""Takes the README's picture: the dashboard as the demo left it.

make demo KEEP=1        prints the address and the password
PUSHRAIL_DASHBOARD_PASSWORD=... .venv/bin/python docs/screenshot.py ADDRESS docs/dashboard.png
"""

import os
import sys

from playwright.sync_api import sync_playwright


def main(address: str, path: str, scheme: str = "dark") -> None:
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(color_scheme=scheme, viewport={"width": 1180, "height": 640}, device_scale_factor=2)
        page.goto(f"{address}/login")
        page.fill("input[type=password]", os.environ["PUSHRAIL_DASHBOARD_PASSWORD"])
        page.press("input[type=password]", "Enter")
        page.wait_for_url(f"{address}/")
        page.screenshot(path=path)
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
