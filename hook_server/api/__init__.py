"""``/api/v1``: runs, releases and tokens for programs, each request with a bearer token; described by OpenAPI. Decides nothing."""

from flask import Flask

from hook_server.api import apps, deliveries, describe, releases, runs, tokens


def register(app: Flask) -> None:
    """Add every operation to the server, and to its description."""
    api = describe.description(app)
    for module in (apps, runs, releases, deliveries, tokens):
        api.register_blueprint(module.bp)
