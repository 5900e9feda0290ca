"""A watch whose API server vanishes: packets are dropped. To be run as root in a network namespace of its own.

    unshare --net python -m tests.integration.kubernetes.vanishing_peer

Prints, as JSON, the ``seconds`` until the loss was noticed and the ``requests`` made by then.
"""

import json
import subprocess
import sys
from time import monotonic

from tests.integration.kubernetes.fake_api import serving
from tests.integration.kubernetes.watched import PODS, healthy
from tests.waiting import wait_until
from worker.tools.kubernetes_target.api import Api
from worker.tools.kubernetes_target.news import Listed, Lost
from worker.tools.kubernetes_target.watch import Watch


def main() -> None:
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    with (
        serving(healthy) as fake,
        Watch(Api(fake.connect), PODS) as watch,
    ):
        assert isinstance(watch.next(10), Listed)
        wait_until(lambda: len(fake.asked) == 2)
        began = monotonic()
        subprocess.run(["iptables", "-A", "INPUT", "-i", "lo", "-j", "DROP"], check=True)
        assert isinstance(watch.next(60), Lost)
        sys.stdout.write(json.dumps({"seconds": monotonic() - began, "requests": len(fake.asked)}))


if __name__ == "__main__":
    main()
