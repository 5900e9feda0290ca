"""A recorded watch, played back by a process of its own, so that what it costs is not counted with what is measured."""

import json
import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count, islice
from multiprocessing.synchronize import Event
from typing import Any
from urllib.parse import parse_qs, urlsplit

spawning = multiprocessing.get_context("spawn")


@dataclass(frozen=True)
class Recording:
    """Objects of each kind (``deployments``, ``replicasets``, ``pods``) as listed, and the lines of a watch of the pods that follow."""

    listed: dict[str, list[Any]]
    events: list[bytes]

    def longer(self, pods: int, events: int, last: str) -> "Recording":
        """With so many pods, all of which go the way the recorded ones went, at the same time; a pod named ``last`` ends it."""
        recorded = [json.loads(line) for line in self.events]
        copies = range(max(pods // len(self.listed["pods"]), 1))
        known = [renamed(raw, number) for number in copies for raw in self.listed["pods"]]
        rounds = ({**event, "object": renamed(event["object"], number)} for _ in count() for event in recorded for number in copies)
        lines = [json.dumps(event).encode() + b"\n" for event in islice(rounds, events)]
        final = {"type": "ADDED", "object": renamed(recorded[-1]["object"], last, last)}
        return Recording({**self.listed, "pods": known}, [*lines, json.dumps(final).encode() + b"\n"])


def renamed(raw: Any, number: object, name: str = "") -> Any:
    metadata = raw["metadata"]
    return {**raw, "metadata": {**metadata, "uid": f"{metadata['uid']}-{number}", "name": name or f"{metadata['name']}-{number}"}}


def serve(recording: Recording, pause: float, go: Event, port: Any) -> None:
    """Play it to whoever asks, ``pause`` seconds between two events, once ``go`` is set."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            url = urlsplit(self.path)
            kind, query = url.path.rpartition("/")[2], parse_qs(url.query)
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            if "watch" in query:
                go.wait()
                for line in recording.events if kind == "pods" else ():
                    self.chunk(line)
                    time.sleep(pause) if pause else None
                time.sleep(600)
            self.chunk(page(recording.listed[kind], int(query.get("limit", ["0"])[0]), int(query.get("continue", ["0"])[0])))
            self.chunk(b"")

        def chunk(self, data: bytes) -> None:
            self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))

        def log_message(self, *_: Any) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    port.send(server.server_port)
    server.serve_forever()


def page(objects: list[Any], limit: int, start: int) -> bytes:
    end = start + limit if limit else len(objects)
    following = str(end) if end < len(objects) else ""
    return json.dumps({"metadata": {"resourceVersion": "1", "continue": following}, "items": objects[start:end]}).encode()


@contextmanager
def played(recording: Recording, pause: float) -> Iterator[tuple[int, Event]]:
    """The port it is served on, and what starts it."""
    go, (reader, writer) = spawning.Event(), spawning.Pipe(duplex=False)
    process = spawning.Process(target=serve, args=(recording, pause, go, writer), daemon=True)
    process.start()
    try:
        yield reader.recv(), go
    finally:
        process.kill()
        process.join()
