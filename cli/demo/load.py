"""A client that asks for predictions without pause and counts what was not answered well."""

import http.client
import json
import threading

_BODY = json.dumps({"instances": [{"sepal_length": 5.1, "sepal_width": 3.5, "petal_length": 1.4, "petal_width": 0.2}]})


class Load:
    """Asks from ``start`` to ``stop``, a new connection for each request.

    Args:
        port: the app's, on this machine.
    """

    def __init__(self, port: int) -> None:
        self.requests = 0
        self.failures: list[str] = []
        self._port = port
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._ask_on, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _ask_on(self) -> None:
        while not self._stop.wait(0.002):
            self.requests += 1
            if wrong := self._ask():
                self.failures.append(wrong)

    def _ask(self) -> str:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=5)
        try:
            connection.request("POST", "/api/predict", _BODY, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException) as error:
            return repr(error)
        finally:
            connection.close()
        return "" if answer.status == 200 else f"status {answer.status}"
