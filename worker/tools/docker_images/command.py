"""A command of the app in a container of its environment: files go in and out by the engine's archive calls, never by mounts.

The pushed code is not trusted: no capability, no way to gain one, no root, no socket, no network unless asked, and bounds on memory,
processors and processes. A worker may itself be a container, so its paths mean nothing to the engine.
"""

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from functools import partial
from pathlib import Path

from docker import DockerClient
from docker.errors import APIError, DockerException
from docker.models.containers import Container
from docker.types import LogConfig

from pipeline.errors import StepFailed, ToolError
from worker.tool import Command, Log
from worker.tools.docker_images.engine import image
from worker.tools.docker_images.files import LABEL, code_folder, copy_from, remove_leftovers
from worker.tools.packaging.archive import packed
from worker.tools.packaging.content import bring_back, everything
from worker.tools.packaging.output import Output

USER = 10_001
PROCESSES = 1024
WAIT = 60.0
OUT_OF_MEMORY = 137


def run(client: DockerClient, repository: str, environment: str, command: Command, workspace: Path, log: Log) -> None:
    """Run ``command`` as ``worker.tool.Images.run`` says; what a killed worker left of the same repository's is removed first."""
    found = image(client, environment)
    if found is None:
        raise ToolError("docker", f"the environment {environment} is gone; run again to make it anew", transient=True)
    folder = code_folder(found["Config"])
    remove_leftovers(client, repository)
    with _container(client, repository, environment, command, folder) as container:
        with packed(workspace, everything(workspace), prefix=folder.strip("/"), owner=USER) as archive:
            container.put_archive("/", archive)
        output = Output(log)
        over = _follow(container, command.limits.seconds, output)
        _judge(container, command, output.last, over=over)
        for path in command.collect:
            bring_back(workspace, path, partial(copy_from, container, f"{folder}/{path.strip('/')}"))


@contextmanager
def _container(client: DockerClient, repository: str, environment: str, command: Command, folder: str) -> Iterator[Container]:
    limits = command.limits
    container = client.containers.create(
        environment,
        entrypoint=[command.words[0]],
        command=list(command.words[1:]),
        working_dir=folder,
        environment={"HOME": "/tmp", "USER": "app", "PYTHONHASHSEED": "0", "PYTHONUNBUFFERED": "1", **command.variables},  # noqa: S108
        labels={LABEL: repository},
        user=f"{USER}:{USER}",
        cap_drop=["ALL"],
        security_opt=["no-new-privileges"],
        network_mode=None if limits.network else "none",
        mem_limit=limits.memory,
        memswap_limit=limits.memory,
        shm_size=limits.memory,
        nano_cpus=int(limits.cpus * 1e9) if limits.cpus else None,
        pids_limit=PROCESSES,
        log_config=LogConfig(type="none"),
    )
    try:
        yield container
    finally:
        container.remove(force=True, v=True)


def _follow(container: Container, seconds: float, output: Output) -> bool:
    """Start the container and pass its output on until it ends.

    Returns:
        Whether it was killed because its time was over.
    """
    over = threading.Event()
    timer = threading.Timer(seconds, _kill, (container, over))
    # Attached, not read from the engine's log: following that one loses a last line without its newline.
    stream = container.attach(stream=True, stdout=True, stderr=True)
    with closing(stream._response):  # type: ignore[attr-defined]  # the stream's own close leaves its socket open
        try:
            _start(container)
            timer.start()
            for chunk in stream:
                output.write(chunk)
        finally:
            timer.cancel()
    output.close()
    return over.is_set()


def _kill(container: Container, over: threading.Event) -> None:
    over.set()
    with suppress(DockerException):  # it ended by itself in this very moment
        container.kill()


def _start(container: Container) -> None:
    try:
        container.start()
    except APIError as error:
        if 'exec: "' in str(error.explanation):
            raise StepFailed(f"the command cannot be started: {error.explanation}") from error
        raise


def _judge(container: Container, command: Command, last: str, *, over: bool) -> None:
    code = container.wait(timeout=WAIT)["StatusCode"]
    container.reload()
    what, limits = " ".join(command.words), command.limits
    if over:
        raise StepFailed(f"`{what}` was killed: it ran over its {limits.seconds:g} s\n{last}".strip())
    if container.attrs["State"]["OOMKilled"] or code == OUT_OF_MEMORY:
        raise StepFailed(f"`{what}` was killed: it used more than its {limits.memory} of memory\n{last}".strip())
    if code != 0:
        raise StepFailed(f"`{what}` ended with exit code {code}\n{last}".strip())
