"""Releases as containers of this machine's engine: what the gateway is to run, and how it does. ``gateway_target`` does the rest."""

from worker.tools.docker_target.containers import Containers
from worker.tools.docker_target.installation import installation
from worker.tools.docker_target.release import release

__all__ = ["Containers", "installation", "release"]
