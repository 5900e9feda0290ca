"""One build by the engine's classic builder, from a context we packed ourselves. Knows no labels and no stages of its own."""

import re
from collections.abc import Iterable, Mapping
from typing import IO, Any

from docker import DockerClient
from docker.errors import APIError

from pipeline.errors import StepFailed, ToolError
from worker.tool import Log
from worker.tools.packaging.output import Output


def build(client: DockerClient, context: IO[bytes], target: str | None, labels: Mapping[str, str], log: Log) -> str:
    """Build a context, telling the engine's output to ``log`` as it comes.

    Returns:
        The image's id.

    Raises:
        StepFailed: the Dockerfile does not build; with the instruction that failed.
        ToolError: the engine's disk is full.
    """
    records = client.api.build(
        fileobj=context,
        custom_context=True,
        target=target,
        labels=dict(labels),
        rm=True,
        forcerm=True,
        decode=True,
        timeout=None,
    )
    try:
        return _followed(records, Output(log))
    except APIError as error:
        if error.is_client_error():
            raise StepFailed(f"the Dockerfile cannot be built: {error.explanation}") from error
        raise


def _followed(records: Iterable[Mapping[str, Any]], output: Output) -> str:
    """The id from the last record of an image: every stage ends with one."""
    built, instruction = "", "its first line"
    for record in records:
        text = record.get("stream", "")
        output.write(text.encode())
        if match := re.match(r"Step \d+/\d+ : (.*)", text):
            instruction = match[1].strip()
        if "error" in record:
            output.close()
            raise _failure(str(record["error"]), instruction, output.last)
        built = record.get("aux", {}).get("ID", built)
    output.close()
    return built


def _failure(error: str, instruction: str, last: str) -> StepFailed | ToolError:
    if "no space left on device" in error or "no space left on device" in last:
        return ToolError("docker", "the engine's disk is full; free some of it, or keep fewer images", transient=False)
    return StepFailed(f"the build failed at `{instruction}`: {error}\n{last}".strip())
