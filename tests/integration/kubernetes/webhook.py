"""An admission webhook that refuses every change of one app's Deployment, in words of its own."""

import json
import os
import ssl
import subprocess
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.integration.kubernetes.app import App, kubectl


@contextmanager
def refusing(app: App, folder: Path, words: str) -> Iterator[None]:
    """As long as the block lasts; ``folder`` is for its certificate."""
    address = os.environ["TEST_NODE_ADDRESS"]
    certificate, key = _certificate(folder, address)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            answer = {"uid": review["request"]["uid"], "allowed": False, "status": {"message": words}}
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": answer}).encode())

        def log_message(self, *_: Any) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("", 0), Handler)
    trust = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trust.load_cert_chain(certificate, key)
    server.socket = trust.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}).start()
    name = f"pushrail-test-{app.name}"
    kubectl("apply", "-f", "-", given=_configuration(app, name, f"https://{address}:{server.server_port}", certificate))
    try:
        yield
    finally:
        kubectl("delete", "validatingwebhookconfiguration", name)
        server.shutdown()
        server.server_close()


def _certificate(folder: Path, address: str) -> tuple[Path, Path]:
    certificate, key = folder / "webhook.crt", folder / "webhook.key"
    words = ["-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=webhook", "-addext", f"subjectAltName=IP:{address}"]
    subprocess.run(["openssl", "req", "-x509", *words, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    return certificate, key


def _configuration(app: App, name: str, url: str, certificate: Path) -> Any:
    rule = {"apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["UPDATE"], "resources": ["deployments"], "scope": "Namespaced"}
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": name},
        "webhooks": [
            {
                "name": "images.pushrail.test",
                "clientConfig": {"url": url, "caBundle": b64encode(certificate.read_bytes()).decode()},
                "rules": [rule],
                "objectSelector": {"matchLabels": {"app": app.name}},
                "admissionReviewVersions": ["v1"],
                "sideEffects": "None",
                "failurePolicy": "Fail",
            }
        ],
    }
