"""Connections that are kept for the next command, against a real server."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from redis import Redis
from redis.exceptions import ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from cli import embedded_redis
from pipeline.connection import Client, Connections, impatient, patient
from pipeline.store import Store
from tests.conftest import answers
from tests.integration.stored_runs import push
from tests.waiting import wait_until


@pytest.fixture
def other(redis_url: str) -> Iterator[Client]:
    """Somebody else's connection to the same server."""
    with Redis.from_url(redis_url) as client:
        yield client


def unhurried(url: str) -> Client:
    """One that opens a connection again once, as that of a web request does, and waits for an answer."""
    return impatient(f"{url}?socket_timeout=30")


def ask_at_once(connections: Connections, other: Client, many: int) -> None:
    """So many commands that all wait for their answers at the same time."""
    with ThreadPoolExecutor(many) as pool:
        asked = [pool.submit(connections.ask, "BLPOP", "gate", 0) for _ in range(many)]
        wait_until(lambda: other.info("clients")["blocked_clients"] == many)
        other.rpush("gate", *range(many))
        assert sorted(answer.result()[1] for answer in asked) == [b"%d" % number for number in range(many)]


def test_one_connection_serves_one_command_after_another(redis_url: str) -> None:
    connections = Connections(impatient(redis_url))
    assert connections.ask("CLIENT", "ID") == connections.ask("CLIENT", "ID")


def test_commands_asked_at_once_have_a_connection_each_and_it_is_kept(redis_url: str, other: Client) -> None:
    connections = Connections(unhurried(redis_url))
    ask_at_once(connections, other, 4)
    before = other.info("clients")["connected_clients"]
    ask_at_once(connections, other, 4)
    assert other.info("clients")["connected_clients"] == before


def test_no_command_fails_for_the_connections_that_a_restarted_redis_dropped(redis_url: str, other: Client) -> None:
    connections = Connections(unhurried(redis_url))
    ask_at_once(connections, other, 4)
    other.client_kill_filter(_type="normal", skipme=True)
    ask_at_once(connections, other, 4)


def test_an_error_is_an_answer_and_the_connection_stays(redis_url: str) -> None:
    connections = Connections(impatient(redis_url))
    before = connections.ask("CLIENT", "ID")
    with pytest.raises(ResponseError):
        connections.ask("EVAL", "return redis.error_reply('ERR no')", 0)
    assert connections.ask("CLIENT", "ID") == before


def test_an_answer_that_comes_too_late_is_not_taken_for_that_to_the_next_command(redis_url: str, other: Client) -> None:
    connections = Connections(Redis.from_url(redis_url, socket_timeout=0.05))
    with pytest.raises(RedisTimeoutError):
        connections.ask("BLPOP", "gate", 0)
    other.rpush("gate", "late")
    assert connections.ask("ECHO", "next") == b"next"


def test_they_close_with_their_client(redis_url: str, other: Client) -> None:
    client = impatient(redis_url)
    connections = Connections(client)
    used = connections.ask("CLIENT", "ID")
    client.close()
    wait_until(lambda: used not in [int(found["id"]) for found in other.client_list()])
    assert connections.ask("ECHO", "again") == b"again"


FORKS = """
import os, sys
from pipeline.connection import Connections, impatient
connections = Connections(impatient(sys.argv[1]))
print(connections.ask("CLIENT", "ID"), flush=True)
child = os.fork()
print(connections.ask("CLIENT", "ID"), flush=True)
if child:
    os.waitpid(child, 0)
"""


def test_a_forked_process_has_connections_of_its_own_and_its_parent_keeps_those_it_had(redis_url: str) -> None:
    said = subprocess.run([sys.executable, "-c", FORKS, redis_url], check=True, capture_output=True, timeout=30).stdout
    before, *after = said.split()
    assert len({before, *after}) == 2
    assert after.count(before) == 1


def test_a_script_that_redis_has_forgotten_is_sent_whole(store: Store) -> None:
    store.accept(push(1))
    store.redis.script_flush()
    assert not store.accept(push(2)).duplicate


@pytest.fixture
def by_socket(tmp_path: Path) -> Iterator[str]:
    """The URL of a server that listens on a Unix socket as well."""
    command, url = embedded_redis.prepare(tmp_path)
    with Path(command[1]).open("a") as config:
        config.write(f"unixsocket {tmp_path / 'redis.sock'}\n")
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    wait_until(lambda: answers(url))
    yield f"unix://:{urlsplit(url).password}@{tmp_path / 'redis.sock'}"
    process.terminate()
    process.wait()


@pytest.mark.parametrize("connect", [impatient, patient])
def test_a_unix_socket_will_do(connect: Callable[[str], Client], by_socket: str) -> None:
    with connect(by_socket) as client:
        assert client.ping()
