"""One file an outside thing; the only importers of git, docker and kubernetes. No SDK type or SDK error leaves this folder."""
