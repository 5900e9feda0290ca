"""Connections to Redis: one that answers or fails at once, and one that waits an outage out. Holds no run's key."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from hiredis import pack_command
from redis import Redis
from redis.backoff import ExponentialBackoff, NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

from pipeline.errors import SetupHidden, StoreUnavailable

PREFIX = "pushrail:"
"""What the name of every key of ours begins with."""

Client = Any
"""A Redis client; redis-py's own annotations name bytes, str and awaitables for every answer, which tells a reader nothing."""

OUTAGE = (RedisConnectionError, RedisTimeoutError)


def impatient(url: str) -> Client:
    """For a web request: every call answers within 1.5 seconds or raises.

    A connection that a restarted Redis dropped is opened again once; a timeout is final, or a Redis that hangs would take twice as long.
    There are as many connections as ask at once; redis-py's own bound of 100 would refuse the deliveries of a burst.
    """
    once = Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,))
    return Redis.from_url(url, socket_timeout=1.5, socket_connect_timeout=1.0, retry=once, max_connections=1024)


def patient(url: str, **options: Any) -> Client:
    """For a worker: a call made while Redis is away is tried again, at most 3 seconds apart, until it is back.

    An outage of minutes while a run goes on must neither end the worker nor lose what the run came to.
    """
    by_tcp = {} if url.startswith("unix:") else {"socket_keepalive": True}
    return Redis.from_url(
        url,
        socket_connect_timeout=3.0,
        health_check_interval=10,
        retry=Retry(ExponentialBackoff(cap=3.0, base=0.1), 1_000_000),
        retry_on_error=list(OUTAGE),
        **{"socket_timeout": 10.0, **by_tcp, **options},
    )


class Connections:
    """Connections that a client's pool lends for good, each kept open for the next command; they close with the client.

    The pool asks a connection whether it still stands each time it lends it, which costs as much as the command. Here one that a restarted
    Redis dropped is found by being used, and opened again as often as the client retries. Threads, greenlets and forked processes may all
    ask; there are as many as ever asked at once.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._idle: list[Any] = []

    def ask(self, *command: Any) -> Any:
        """Redis' answer, as it came; raises RedisError."""
        packed = pack_command(command)
        connection = self._free()

        def exchange() -> Any:
            connection.send_packed_command([packed])
            return connection.read_response()

        try:
            connection.connect()  # returns at once when it is
            return connection.retry.call_with_retry(exchange, connection.disconnect)
        except ResponseError:
            raise
        except BaseException:  # an answer may be on its way, and would be taken for that to the next command
            connection.disconnect()
            raise
        finally:
            self._idle.append(connection)

    def _free(self) -> Any:
        try:
            connection = self._idle.pop()
        except IndexError:
            return self._client.connection_pool.get_connection()
        return connection if connection.pid == os.getpid() else self._free()  # one from before a fork is the parent's


@contextmanager
def available() -> Iterator[None]:
    """Turn whatever Redis refuses or fails at into StoreUnavailable."""
    try:
        yield
    except RedisError as error:
        raise StoreUnavailable(f"Redis does not serve: {type(error).__name__}; nothing was changed, try again") from error


def complaints(redis: Client) -> list[str]:
    """What is wrong with the way this Redis is set up, one line each; empty when runs are safe in it.

    An eviction policy may throw runs away, and without an append-only file a crash forgets them.

    Raises:
        StoreUnavailable: it cannot be reached, or refuses to write: it is full, read-only or cannot save.
        SetupHidden: it can be written to and forbids to ask.
    """
    wanted = {"appendonly": "yes", "maxmemory-policy": "noeviction"}
    with available():
        redis.set("pushrail:ready", "", ex=60)
        try:
            config = {**redis.config_get("appendonly"), **redis.config_get("maxmemory-policy")}
        except ResponseError as error:
            raise SetupHidden(f"redis: {' and '.join(wanted)} cannot be checked: it forbids CONFIG GET") from error
    return [f"redis: {name} is {config[name]!r}; set it to {value!r}" for name, value in wanted.items() if config.get(name, value) != value]
