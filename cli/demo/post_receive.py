"""The post-receive hook of the demo's repository: tells Pushrail of a push in the very words GitHub would use.

Runs by itself in git's process, with the standard library alone. Arguments: the webhook's URL and the repository's ``owner/name``; the
secret is in DEMO_WEBHOOK_SECRET, where no process list shows it.

The payload and its signature follow https://docs.github.com/webhooks/webhook-events-and-payloads#push.
"""

import hashlib
import hmac
import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from typing import Any

ZEROS = "0" * 40


def main(url: str, repository: str) -> None:
    for line in sys.stdin:
        before, after, ref = line.split()
        deliver(url, payload(repository, before, after, ref))


def payload(repository: str, before: str, after: str, ref: str) -> dict[str, Any]:
    commits = [] if ZEROS in (before, after) else [commit(name) for name in git("rev-list", "--reverse", f"{before}..{after}").split()]
    return {
        "ref": ref,
        "before": before,
        "after": after,
        "created": before == ZEROS,
        "deleted": after == ZEROS,
        "forced": False,
        "commits": commits,
        "head_commit": None if after == ZEROS else commit(after),
        "repository": {"id": 1, "full_name": repository, "default_branch": "main"},
        "pusher": {"name": "demo"},
        "sender": {"login": "demo"},
    }


def commit(name: str) -> dict[str, Any]:
    changes: dict[str, list[str]] = {"added": [], "modified": [], "removed": []}
    kinds = {"A": "added", "D": "removed"}
    for kind, path in changed(name):
        changes[kinds.get(kind, "modified")].append(path)
    return {"id": name, "message": git("log", "-1", "--format=%B", name).strip(), "author": {"name": "demo"}, **changes}


def changed(name: str) -> Iterator[tuple[str, str]]:
    for line in git("diff-tree", "--root", "--no-commit-id", "--name-status", "-r", name).splitlines():
        kind, path = line.split("\t", 1)
        yield kind[0], path


def deliver(url: str, body: dict[str, Any]) -> None:
    raw = json.dumps(body).encode()
    signature = hmac.new(os.environ["DEMO_WEBHOOK_SECRET"].encode(), raw, hashlib.sha256).hexdigest()  # noqa: TID251 - stands alone
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "GitHub-Hookshot/demo",
        "X-GitHub-Event": "push",
        "X-GitHub-Delivery": str(uuid.uuid4()),
        "X-Hub-Signature-256": f"sha256={signature}",
    }
    request = urllib.request.Request(url, raw, headers)  # noqa: S310 - the demo's own service
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            print(f"pushrail: {answer.status} {answer.read().decode().strip()}")  # noqa: T201 - git shows it to who pushed
    except urllib.error.HTTPError as error:
        print(f"pushrail: {error.code} {error.read().decode().strip()}")  # noqa: T201


def git(*args: str) -> str:
    return subprocess.run(["git", *args], check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    main(*sys.argv[1:])
