"""The only importer of git: the app's repository as a bare mirror, and its commits as clean folders."""


class GitSource: ...
