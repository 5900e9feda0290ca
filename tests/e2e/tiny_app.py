"""An app small enough to be trained, judged and served in no time: its model is one number, its service the standard library."""

from collections.abc import Mapping
from typing import Any

_SERVER = """
import json, os, sys
assert not {CRASHES}, "no service today"
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
ANSWER = json.load(open("model/model.json"))["answer"]

class Answers(BaseHTTPRequestHandler):
    def do_GET(self):
        self.say({READY}, {"answer": ANSWER})
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.say(200, {"answer": ANSWER})
    def say(self, status, body):
        raw = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)
    def log_message(self, *said):
        pass

ThreadingHTTPServer(("0.0.0.0", int(os.environ["PORT"])), Answers).serve_forever()
"""

_TRAIN = """
import json, os, time
time.sleep({SECONDS})
os.makedirs("model", exist_ok=True)
json.dump({"answer": {ANSWER}}, open("model/model.json", "w"))
json.dump([{"path": "/api/predict", "request": {}, "response": {"answer": {ANSWER}}}], open("model/golden.json", "w"))
"""

_EVALUATE = """
import json, os
assert not os.path.exists({FAILS_WHEN}), "no data today"
answer = json.load(open(os.environ["PUSHRAIL_MODEL_DIR"] + "/model.json"))["answer"]
json.dump({"answer": answer}, open(os.environ["PUSHRAIL_METRICS"], "w"))
"""

_DOCKERFILE = """
FROM python:3.11-slim AS environment
WORKDIR /app
COPY requirements.txt .
FROM environment AS serve
COPY . .
CMD ["python", "server.py"]
"""


def files(
    answer: int = 1,
    *,
    ready: bool = True,
    crashes: bool = False,
    unready_when: object = "/nowhere",
    train_seconds: float = 0,
    fails_when: object = "/nowhere",
    note: str = "",
) -> Mapping[str, str]:
    """The app's repository; a greater answer is a better model.

    Args:
        crashes: the service ends as soon as it starts.
        unready_when: a path; the service is not ready while there is something.
        fails_when: a path; evaluation fails while there is something.
        note: makes the code another without changing what it does.
    """
    readiness = f"503 if {not ready} or os.path.exists({str(unready_when)!r}) else 200"
    return {
        "Dockerfile": _DOCKERFILE,
        "requirements.txt": "",
        "server.py": f"# {note}\n" + _SERVER.replace("{READY}", readiness).replace("{CRASHES}", str(crashes)),
        "train.py": _TRAIN.replace("{SECONDS}", str(train_seconds)).replace("{ANSWER}", str(answer)),
        "evaluate.py": _EVALUATE.replace("{FAILS_WHEN}", repr(str(fails_when))),
    }


def spec(url: str, port: int, **changed: Any) -> Mapping[str, Any]:
    """Its part of ``pipeline.yaml``, embedded."""
    return {
        "source": {"url": url, "secret_env": "SECRET"},
        "image": {"engine": "local"},
        "target": {"kind": "local", "port": port, "replicas": 1},
        "train": {"command": ["python", "train.py"], "inputs": ["train.py"], "output": "model"},
        "evaluate": {"command": ["python", "evaluate.py"], "require": {"answer": {"min": 1, "no_worse_than_live": 0}}},
        "steps": [
            "pull",
            "retrain",
            "evaluate",
            "build",
            "tag",
            "prune",
            {"rollout": {"timeout": "5s"}},
            {"verify": {"soak": "200ms"}},
            "rollback",
        ],
        **changed,
    }
