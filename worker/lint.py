"""What in a Deployment lets requests fail or a bad release pass, however good the release is. Pure: the raw object in, findings out.

The rules and their numbers are measured or from Kubernetes' and gunicorn's own words, which each rule names. None of them stops a rollout.
"""

from collections.abc import Iterator

from worker.finding import Finding, error, warning
from worker.observation import Raw
from worker.shutdown import SPARE_SECONDS, Shutdown, read_shutdown

ENDPOINT_LAG = 3.0
"""Seconds until nothing sends new connections to a pod that ends: low single seconds for kube-proxy (kubernetes#43576), more behind some
load balancers. 6 of 100 requests failed where pods ended one second too early."""

SHELLS = ("sh", "bash", "ash", "dash")
HANDLERS = ("httpGet", "tcpSocket", "exec", "grpc")


def lint(deployment: Raw, container: str, graceful: float | None = None) -> Iterator[Finding]:
    """Go through strategy, times, probes and shutdown of a Deployment.

    Args:
        deployment: as the API server gives it, or as it is applied; what is left out has Kubernetes' defaults.
        container: the one that serves; the Deployment must have it.
        graceful: seconds for requests under way after SIGTERM, where the operator has told them; else they are read from the container.
    """
    spec = deployment["spec"]
    pod = spec["template"]["spec"]
    serving = next(found for found in pod["containers"] if found["name"] == container)
    for said in (*_strategy(spec), *_times(spec), *_probes(serving), *_shutdown(read_shutdown(pod, serving, graceful)), *_command(serving)):
        yield warning("kubernetes", said)


def _strategy(spec: Raw) -> Iterator[str]:
    """maxUnavailable 0 and maxSurge 1 or more: no old pod goes before a new one is ready. Both are 25% unless told."""
    strategy = spec.get("strategy") or {}
    if strategy.get("type") == "Recreate":
        yield "strategy Recreate ends every pod before the first new one starts; use RollingUpdate with maxUnavailable 0 and maxSurge 1"
        return
    rolling = strategy.get("rollingUpdate") or {}
    gone, more = (str(rolling.get(key, "25%")) for key in ("maxUnavailable", "maxSurge"))
    if gone.rstrip("%") != "0" or more.rstrip("%") == "0":
        yield f"maxUnavailable is {gone} and maxSurge {more}: old pods go before new ones are ready; set them to 0 and 1"


def _times(spec: Raw) -> Iterator[str]:
    ready, progress = spec.get("minReadySeconds", 0), spec.get("progressDeadlineSeconds", 600)
    if ready == 0:
        yield "minReadySeconds is 0: a pod that is ready for one moment counts as available; set it to 5 or more"
    if progress <= ready:
        yield f"progressDeadlineSeconds is {progress}, not more than minReadySeconds {ready}: none is in time; set it to {ready + 60}"


def _probes(container: Raw) -> Iterator[str]:
    readiness, liveness = container.get("readinessProbe"), container.get("livenessProbe")
    if readiness is None:
        yield "there is no readinessProbe: requests reach pods whose model is not loaded yet; add one, such as GET /readyz"
    if liveness is None:
        return
    if readiness is not None and _asked(readiness, container) == _asked(liveness, container):
        yield "livenessProbe asks what readinessProbe asks: a busy pod is restarted instead of left alone; ask /livez, which does no work"
    if "startupProbe" not in container:
        seconds = liveness.get("initialDelaySeconds", 0) + liveness.get("periodSeconds", 10) * liveness.get("failureThreshold", 3)
        yield f"livenessProbe without startupProbe ends a pod whose model takes more than {seconds} s to load; add a startupProbe"


def _asked(probe: Raw, container: Raw) -> tuple[str, Raw]:
    """What a probe asks, however often: its path defaults to ``/``, and its port may be a name."""
    kind = next((handler for handler in HANDLERS if handler in probe), "")
    asked = dict(probe.get(kind) or {})
    ports = {port.get("name"): port["containerPort"] for port in container.get("ports") or ()}
    if "port" in asked:
        asked["port"] = ports.get(asked["port"], asked["port"])
    return kind, {"path": "/", "scheme": "HTTP", **asked} if kind == "httpGet" else asked


def _shutdown(found: Shutdown) -> Iterator[str]:
    """A pod ends well when it waits out the endpoint lag, then finishes its requests, then ends, all within its grace period."""
    if found.pre_stop == 0:
        yield 'there is no preStop: new connections meet a pod that is gone; add exec [sleep, "5"], or the action sleep from 1.30 on'
    elif found.pre_stop is not None and found.pre_stop < ENDPOINT_LAG:
        yield f"preStop waits {found.pre_stop:g} s, endpoints may need {ENDPOINT_LAG:g} s to follow; wait 5 s, more behind load balancers"
    if found.grace < found.least:
        needed = f"preStop {found.pre_stop or 0:g} + graceful timeout {found.graceful:g} + {SPARE_SECONDS:g}"
        other = "" if found.known else ", or give gunicorn a shorter --graceful-timeout in GUNICORN_CMD_ARGS"
        yield (
            f"terminationGracePeriodSeconds is {found.grace:g}, less than {needed}: requests under way are cut off; "
            f"set it to {found.least:g}{other}"
        )


def _command(container: Raw) -> Iterator[str]:
    """A shell that stays PID 1 does not pass SIGTERM on (superset#41172)."""
    words = [*(container.get("command") or ()), *(container.get("args") or ())]
    shell = bool(words) and words[0].rpartition("/")[2] in SHELLS
    if shell and "-c" in words and "exec " not in words[-1]:
        yield f"the command runs below {words[0]}, which keeps SIGTERM to itself: requests under way are cut off; begin it with exec"


def lint_pull(deployment: Raw, container: str, image: str) -> Iterator[Finding]:
    """Whether a node's rule for pulling fits where the image is.

    An image that is in no registry is one that the nodes have; with ``Always`` they ask Docker Hub for it all the same (kind#328). The rule
    of a Deployment that was once made with a tag ``latest`` is ``Always`` for good.

    Args:
        image: by digest when it is in a registry, else by a tag.
    """
    serving = next(found for found in deployment["spec"]["template"]["spec"]["containers"] if found["name"] == container)
    rule, pushed = serving.get("imagePullPolicy", "IfNotPresent"), "@" in image
    if rule == "Always" and not pushed:
        yield error(
            "kubernetes", f"imagePullPolicy Always, and {image} is in no registry; set IfNotPresent, or image.repository in pipeline.yaml"
        )
    elif rule == "Never" and pushed:
        yield warning("kubernetes", f"imagePullPolicy Never, and {image} is in a registry: no node will pull it; set IfNotPresent")
