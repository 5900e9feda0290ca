import socket
from typing import Any

import pytest
from gunicorn.workers.ggevent import GeventWorker

from hook_server.greenlets import Greenlets
from hook_server.senders import Senders
from hook_server.wire import Wire


def test_what_was_sent_before_a_defect_goes_out_and_the_client_is_awaited_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails_half_way(_: Any, __: Any, ___: Any, wire: Wire, ____: Any) -> None:
        wire.sendall(b"head")
        raise ZeroDivisionError

    monkeypatch.setattr(GeventWorker, "handle_request", fails_half_way)
    worker = object.__new__(Greenlets)  # gunicorn makes it out of a whole server
    worker.newcomers, worker.regulars = Senders(10.0), Senders(10.0)
    ours, theirs = socket.socketpair()
    with theirs, Wire(ours.family, ours.type, ours.proto, ours.detach()) as wire:
        with pytest.raises(ZeroDivisionError):
            worker.handle_request(None, None, wire, None)
        assert theirs.recv(100) == b"head"
        assert worker.regulars.leave(wire)
        theirs.close()
