"""A server that speaks the part of GitHub's API that ``github_api.yaml`` describes, and fails in the ways a test asks for."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jsonschema
import yaml

from tests.secret import secret

DESCRIBED = yaml.safe_load((Path(__file__).parent / "github_api.yaml").read_text("utf-8"))["paths"]
TOKEN = secret("forge")
SILENCE = 0
"""In place of a status: the request is taken and never answered."""


@dataclass
class Fault:
    """One answer that is not what the client hopes for; ``done``: the server does what was asked all the same."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    done: bool = False


@dataclass
class Asked:
    operation: str
    path: str
    body: dict[str, Any]


@dataclass
class GitHub:
    """What came to it, and what it answers next; ``problems`` are requests that GitHub would not take."""

    address: str = ""
    faults: list[Fault] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    statuses: list[tuple[str, str, str]] = field(default_factory=list)
    deployments: list[dict[str, Any]] = field(default_factory=list)
    deployed: list[tuple[int, str]] = field(default_factory=list)
    ending: threading.Event = field(default_factory=threading.Event)

    def states(self, commit: str) -> list[str]:
        """The statuses of a commit, oldest first."""
        return [state for sha, state, _ in self.statuses if sha == commit]

    def do(self, operation: str, path: str, query: dict[str, str], body: dict[str, Any]) -> Any:
        """Do it, and return the answer's body."""
        match operation:
            case "repos/create-commit-status":
                self.statuses.append((path.rpartition("/")[2], body["state"], body["description"]))
            case "repos/create-deployment":
                self.deployments.append({"id": 40 + len(self.deployments), "sha": body["ref"], **body})
                return self.deployments[-1]
            case "repos/list-deployments":
                return [made for made in self.deployments if (made["sha"], made["environment"]) == (query["sha"], query["environment"])]
            case "repos/create-deployment-status":
                self.deployed.append((int(path.split("/")[-2]), body["state"]))
        return {"id": 1}


class _Handler(BaseHTTPRequestHandler):
    github: GitHub

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        url, raw = urlsplit(self.path), self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body, query = json.loads(raw or b"{}"), dict(parse_qsl(url.query))
        operation, wrong = self._checked(url.path, query, body, bool(raw))
        self.github.asked.append(Asked(operation, url.path, body))
        self.github.problems += wrong
        fault = self.github.faults.pop(0) if self.github.faults and not wrong else Fault(422 if wrong else 201, done=not wrong)
        said = self.github.do(operation, url.path, query, body) if fault.done else {"message": "as the test asks"}
        if fault.status == SILENCE:
            self.github.ending.wait(30)
            self.close_connection = True
        else:
            self._say(fault.status, fault.headers, said if fault.body is None else fault.body)

    def _checked(self, path: str, query: dict[str, str], body: dict[str, Any], has_body: bool) -> tuple[str, list[str]]:
        """Which operation it is, and what GitHub would not take of it."""
        for template, methods in DESCRIBED.items():
            described = methods.get(self.command.lower())
            if described and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
                schema, given = (described["body"], body) if "body" in described else (described["query"], query)
                wrong = [error.message for error in jsonschema.Draft7Validator(_json_schema(schema)).iter_errors(given)]
                return described["operationId"], [f"{self.command} {path}: {each}" for each in [*wrong, *self._headers(has_body)]]
        return "", [f"{self.command} {path}: no such operation"]

    def _headers(self, has_body: bool) -> Iterator[str]:
        """https://docs.github.com/en/rest/using-the-rest-api/getting-started-with-the-rest-api#headers"""
        wanted = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28", "Authorization": f"Bearer {TOKEN}"}
        wanted |= {"Content-Type": "application/json"} if has_body else {}
        yield from (f"{name} is {self.headers.get(name)}" for name, value in wanted.items() if self.headers.get(name) != value)
        if not self.headers.get("User-Agent"):
            yield "there is no User-Agent"

    def _say(self, status: int, headers: dict[str, str], body: Any) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *said: object) -> None:
        pass


def _json_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """OpenAPI 3.0 says ``nullable`` where JSON Schema has a type of its own; and what GitHub does not name, it does not read."""
    properties = {
        name: {**each, "type": [each["type"], "null"]} if each.get("nullable") else each for name, each in schema["properties"].items()
    }
    return {**schema, "properties": properties, "additionalProperties": False}


@contextmanager
def github() -> Iterator[GitHub]:
    """The server, for the length of the block; in the end no request was one that GitHub would not take."""
    known = GitHub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("_Bound", (_Handler,), {"github": known}))
    known.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield known
    finally:
        known.ending.set()
        server.shutdown()
        server.server_close()
        thread.join()
    assert known.problems == []
