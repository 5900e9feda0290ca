"""Git: an app's repository and its commits."""

from worker.tools.git_source.source import GitSource

__all__ = ["GitSource"]
