"""Raw connections to a hook server, for what no well-behaved client sends."""

import json
import socket
import subprocess
from collections.abc import Iterator

import requests

from tests.hook import payload, signature

BODY = json.dumps(payload("push")).encode()
SIGNED = {
    "X-GitHub-Event": "push",
    "X-GitHub-Delivery": "d1",
    "X-Hub-Signature-256": signature(BODY),
    "Content-Type": "application/json",
}
Server = tuple[str, subprocess.Popen[bytes]]


def connection(server: Server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", int(server[0].rpartition(":")[2])), timeout=15)


def head(*headers: str, path: str = "/hooks/github") -> bytes:
    """The head of a signed delivery of BODY, without any framing of its own."""
    known = [f"{name}: {value}" for name, value in SIGNED.items()]
    return "\r\n".join([f"POST {path} HTTP/1.1", "Host: localhost", *known, *headers, "", ""]).encode()


def status(server: Server, *pieces: bytes) -> bytes:
    """Send raw bytes and return the status line that comes back."""
    with connection(server) as wire:
        for piece in pieces:
            wire.sendall(piece)
        return wire.recv(12)


def answer(server: Server, *pieces: bytes) -> str:
    """Send raw bytes and nothing more, and return all that comes back."""
    with connection(server) as wire:
        for piece in pieces:
            wire.sendall(piece)
        wire.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: wire.recv(65536), b"")).decode()


def post(server: Server, data: bytes | Iterator[bytes]) -> requests.Response:
    return requests.post(f"{server[0]}/hooks/github", data=data, headers=SIGNED, timeout=15)
