"""An app as the API tells of it."""

NAME = {
    "in": "path",
    "name": "name",
    "description": "An app, as pipeline.yaml names it.",
    "schema": {"type": "string", "pattern": "^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$"},
}
