"""What a program wishes, in the body of a POST: one small JSON object with known keys."""

from flask import abort, request

from hook_server import body, payload

MOST_BYTES = 64 * 1024


def read(*known: str) -> payload.Object:
    """The object, empty when there is no body; 400 for a key that is not ``known``, 413 and 415 as for any body."""
    raw = body.read(MOST_BYTES)
    if not raw:
        return {}
    payload.check_type(request.mimetype, request.mimetype_params.get("charset", ""), known=(payload.JSON,))
    wish = payload.parse(raw, payload.JSON)
    if unknown := sorted(set(wish) - set(known)):
        abort(400, f"the body holds {unknown[0][:64]!r}; it may hold {' and '.join(known)}")
    return wish
