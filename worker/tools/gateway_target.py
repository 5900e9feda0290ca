"""Both targets on one machine: releases as processes or containers behind the gateway. Starts nothing itself and owns no state.

The gateway keeps what serves; an act here is one question to it, and a verdict is read from the stream of its status.
"""

import http.client
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, replace

from pipeline.errors import Fenced, StepFailed, StepSkipped, ToolError
from pipeline.model import Run
from pipeline.spec import DockerTarget, LocalTarget
from worker.finding import Finding, error, good, warning
from worker.gateway.client import Gateway
from worker.gateway.desired import ContainerRelease, Desired, FolderRelease, Release, parse_release
from worker.gateway.ports import obstacle
from worker.gateway.status import AppStatus, State
from worker.tool import Answer, Log
from worker.tools.standing import progress, story, worst

_LINES = 50


class GatewayTarget:
    """Where one app's releases live on this machine; the ``Target`` protocol.

    Args:
        app: its name.
        place: its address, port and number of replicas.
        release: what the gateway runs of an image reference; ToolError when that is gone.
        gateway: the one that ``pushrail up`` keeps running.
    """

    def __init__(self, app: str, place: LocalTarget | DockerTarget, release: Callable[[str], Release], gateway: Gateway) -> None:
        self._app = app
        self._place = place
        self._release = release
        self._gateway = gateway

    def preflight(self, image: str | None, run: Run | None) -> Iterator[Finding]:
        """See ``Target``. The app's port is the gateway's already, or free."""
        port, status = self._place.port, None
        try:
            status = self._gateway.status(self._app)
        except ToolError as unseen:
            yield warning("gateway", unseen.reason)
        if status is not None and status.port == port:
            yield good("gateway", f"port {port} is {self._app}'s: {progress(status)}")
        elif wrong := obstacle(self._place.address, port):
            yield error("gateway", f"cannot listen on {self._place.address}:{port}: {wrong}; end it, or give target.port another number")
        else:
            yield good("gateway", f"port {port} is free")

    def snapshot(self) -> str | None:
        status = self._gateway.status(self._app)
        if status is None or status.bad or not status.complete:
            return None
        return _template(status)

    def desired(self, template: str) -> Desired:
        """What a gateway must be given at its start to bring back the release of a snapshot.

        A folder must still be there; a container comes back with the settings it was verified with, whatever they are now.

        Raises:
            ToolError: the folder is gone, or the snapshot is one of another kind of target.
        """
        try:
            kept = json.loads(template)
            release, run, fence = parse_release(kept["release"]), kept["run"], kept["fence"]
        except (ValueError, TypeError, KeyError):
            release, run, fence = None, "", 0
        match release, self._place:
            case FolderRelease(image), LocalTarget():
                return self._desired(self._release(image), run, fence)
            case ContainerRelease(), DockerTarget():
                return self._desired(release, run, fence)
        told = f"the release that was kept is none for target.kind {self._place.kind}"
        raise ToolError("gateway", f"{told}; verify a release there first, or put target in pipeline.yaml back")

    def rollout(self, image: str, run: Run, seconds: float, log: Log) -> Mapping[str, str]:
        return self._bring(self._desired(self._release(image), run.id, run.fence), seconds, log)

    def restore(self, template: str, run: Run, seconds: float, log: Log) -> Mapping[str, str]:
        return self._bring(replace(self.desired(template), run=run.id, fence=run.fence), seconds, log)

    def hold(self, image: str, run: Run, seconds: float, log: Log) -> str:
        first: Mapping[int, int] | None = None
        template = ""
        for status in self._gateway.watch(self._app, seconds):
            _check_fence(status, run.fence)
            if (status.image, status.run) != (image, run.id):
                raise StepFailed(f"{status.image} of run {status.run} serves in its stead; the gateway was started again meanwhile")
            restarts = {replica.id: replica.restarts for replica in status.replicas if replica.state is not State.DRAINING}
            first = first or restarts
            if not status.complete or restarts != first:
                raise StepFailed(f"it did not stay complete: {self._story(status)}")
            template = _template(status)
        if first is None:
            raise ToolError("gateway", f"it runs nothing of {self._app}")
        log(f"{len(first)} replicas stayed ready for {seconds:g} s with no restart")
        return template

    def request(self, path: str, body: bytes | None, seconds: float) -> Answer:
        began = time.monotonic()
        connection = http.client.HTTPConnection(_reachable(self._place.address), self._place.port, timeout=seconds)
        try:
            headers = {"Content-Type": "application/json"} if body is not None else {}
            connection.request("GET" if body is None else "POST", path, body, headers)
            answer = connection.getresponse()
            return Answer(answer.status, answer.read(), time.monotonic() - began)
        except (OSError, http.client.HTTPException) as error:
            reason = f"no answer to {path} on port {self._place.port} within {seconds:g} s: {error!r}"
            raise ToolError("service", reason, transient=True) from error
        finally:
            connection.close()

    def retire(self, run: Run, log: Log, *, stop: bool) -> Mapping[str, str]:
        status = self._gateway.status(self._app)
        if status is not None:
            _check_fence(status, run.fence)
        if status is None or status.run != run.id:
            raise StepSkipped("the gateway runs nothing of this run")
        replicas = 0 if stop else status.wanted
        self._gateway.apply(replace(self._desired(status.release, run.id, run.fence), replicas=replicas, bad=True))
        log(f"the gateway {'stops its replicas' if stop else 'leaves it as it is'}")
        return {"image": status.image, "replicas": str(replicas)}

    def in_use(self) -> frozenset[str]:
        status = self._gateway.status(self._app)
        return frozenset((status.image, *(replica.image for replica in status.replicas))) if status else frozenset()

    def _desired(self, release: Release, run: str, fence: int) -> Desired:
        return Desired(self._app, self._place.port, self._place.replicas, release, run, fence, self._place.address)

    def _bring(self, desired: Desired, seconds: float, log: Log) -> Mapping[str, str]:
        image = desired.release.image
        changed = self._gateway.apply(desired)
        log(f"replacing replicas one by one with {image}" if changed else f"{image} is what the gateway runs already")
        self._until_complete(desired.fence, seconds, log)
        return {"changed": "yes" if changed else "no", "image": image}

    def _until_complete(self, fence: int, seconds: float, log: Log) -> None:
        """Watch to a verdict; returning means complete."""
        status, said = None, ""
        for status in self._gateway.watch(self._app, seconds):
            _check_fence(status, fence)
            if (line := progress(status)) != said:
                log(said := line)
            if status.complete:
                return
            if any(replica.state is State.FAILED for replica in status.current):
                raise StepFailed(f"it does not stay up: {self._story(status)}")
        if status is None:
            raise ToolError("gateway", f"it told nothing of {self._app} in {seconds:g} s", transient=True)
        if waiting := next((replica.reason for replica in status.current if replica.state is State.WAITING), ""):
            raise ToolError("gateway", f"no verdict within {seconds:g} s: {waiting}", transient=True)
        raise StepFailed(f"not ready within {seconds:g} s: {self._story(status)}")

    def _story(self, status: AppStatus) -> str:
        replica = worst(status)
        if replica is None:
            return "no replica of it could be started"
        lines: Sequence[str] = ()
        with suppress(ToolError):  # a verdict stands without them
            lines = self._gateway.log(self._app, replica.id, _LINES)
        return story(replica, lines)


def _template(status: AppStatus) -> str:
    return json.dumps({"release": asdict(status.release), "run": status.run, "fence": status.fence})


def _reachable(address: str) -> str:
    """Where a client on this machine finds what listens on ``address``."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address, address)  # noqa: S104 - compared, not bound


def _check_fence(status: AppStatus, fence: int) -> None:
    if status.fence > fence:
        raise Fenced(f"run {status.run} has applied {status.image} since")
