"""Images that behave well or badly: what the engine has already, each with a command of its own."""

import json
import os
import subprocess

NAME = "pushrail-test/{}:1"
ANSWER = {"label": "setosa"}
GOLDEN = json.dumps([{"path": "/", "request": {"length": 5.1}, "response": ANSWER}])
WRONG = {"label": "virginica"}


def _serving(answer: object = ANSWER, port: int = 80, unless: str = "") -> str:
    down = f"if (-f {unless}) {{ return 503; }}" if unless else ""
    said = json.dumps(answer).replace('"', '\\"')
    site = f'server {{ listen {port}; location / {{ {down} return 200 "{said}"; }} }}'
    return f"echo '{site}' > /etc/nginx/sites-enabled/default; exec nginx -g 'daemon off;'"


_SLOW = f"""
import http.server, time
class Server(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write({json.dumps(ANSWER)!r}.encode())
    def do_POST(self):
        time.sleep(3.0); self.do_GET()
    def log_message(self, *_): pass
http.server.ThreadingHTTPServer(("", 80), Server).serve_forever()
"""
_COMMANDS: dict[str, tuple[str, list[str]]] = {
    name: ("nginx:1", ["sh", "-c", script])
    for name, script in {
        "good": _serving(),
        "better": f"echo better; {_serving()}",
        "slow-start": f"sleep 6; {_serving()}",
        "wrong-answer": _serving(WRONG),
        "other-port": _serving(port=81),
        "flapping": f"while sleep 1.5; do touch /tmp/down; sleep 1.5; rm /tmp/down; done & {_serving(unless='/tmp/down')}",
        "crash": "echo loading the model; echo boom: no model.pkl; exit 3",
        "crash-again": "echo loading the model; sleep 1; echo boom: wrong shape; exit 1",
        "crash-later": f"({_serving()}) & sleep 5; echo boom: the feature store is gone; exit 4",
        "too-big": "echo loading all the data; exec tail /dev/zero",
        "idle": "echo waiting for the feature store; trap 'exit 0' TERM; sleep 3600 & wait",
        "deaf": "echo waiting for the feature store; exec sleep 3600",
    }.items()
}
_COMMANDS |= {"no-command": ("nginx:1", ["/serve"]), "slow-answer": ("python:3.11-slim", ["python", "-c", _SLOW])}

IMAGES = {name: NAME.format(name) for name in _COMMANDS} | {
    "missing": "{registry}/pushrail-test/nowhere:1",
    "unreachable": "127.0.0.1:9/pushrail-test/nowhere:1",
    "not-here": "pushrail-test/not-here:1",
    "misspelt": "pushrail-test/Misspelt:1",
}


def reference(name: str) -> str:
    """What a Deployment calls the image; the variable TEST_REGISTRY tells which registry has no such image."""
    return IMAGES[name].format(registry=os.environ.get("TEST_REGISTRY", "registry.invalid"))


def make() -> None:
    """Build what is built. The engine must be the cluster's own, so that nothing need be pushed."""
    for name, (base, command) in _COMMANDS.items():
        dockerfile = f"FROM {base}\nCMD {json.dumps(command)}\n"
        subprocess.run(["docker", "build", "-q", "-t", IMAGES[name], "-"], input=dockerfile.encode(), check=True, capture_output=True)
