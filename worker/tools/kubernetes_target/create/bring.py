"""Brings to the cluster what ``target.create`` asks for, before a rollout looks at it."""

from pipeline.errors import ToolError
from pipeline.spec import Create, KubernetesTarget
from worker.observation import Raw
from worker.tool import Log
from worker.tools.kubernetes_target.api import Api
from worker.tools.kubernetes_target.create import manifests
from worker.tools.kubernetes_target.create.apply import apply, check_ours, make, title
from worker.tools.kubernetes_target.create.autoscaler import governing
from worker.tools.kubernetes_target.create.pod import KEYS, Manifest
from worker.tools.kubernetes_target.create.served import Served, discover
from worker.tools.kubernetes_target.release import Marks


def bring(api: Api, place: KubernetesTarget, found: Raw | None, image: str, marks: Marks, log: Log, *, rehearsal: bool = False) -> Manifest:
    """Make the Deployment if there is none, and what stands around it what the keys say now. All is tried dry before anything changes.

    Args:
        found: the Deployment as it is; None when there is none.
        marks: the annotations a Deployment made now gets.
        rehearsal: try it dry and no more.

    Returns:
        The Deployment as the keys say it today; what is there may have been made from others, see ``outdated``.

    Raises:
        ToolError: something is in the way that is not ours.
    """
    served = discover(api)
    around = rehearse_around(api, place, found, marks, log, served)
    wanted = manifests.deployment(place, _keys_of(place), image, marks, served)
    new = [] if found else [wanted]
    for manifest in new:
        make(api, manifest, dry=True)
    if not rehearsal:
        for manifest in around:
            apply(api, manifest, dry=False)
        for manifest in new:
            make(api, manifest, dry=False)
        log(f"from target.create: {', '.join(map(title, [*new, *around]))}")
    return wanted


def rehearse_around(api: Api, place: KubernetesTarget, found: Raw | None, marks: Marks, log: Log, served: Served) -> list[Manifest]:
    """What is to stand around the Deployment, once the API server has let it in dry. Raises what ``bring`` does."""
    around = manifests.around(place, _keys_of(place), marks, served)
    _check_made(place, found)
    _check_autoscalers(api, place, _keys_of(place), log)
    for manifest in around:
        check_ours(api, manifest)
    for manifest in around:
        apply(api, manifest, dry=True)
    return around


def outdated(found: Raw, wanted: Raw) -> bool:
    """Whether the pod template was made from other keys than today's."""
    return _keys(found) != _keys(wanted)


def _keys_of(place: KubernetesTarget) -> Create:
    return place.create or Create()


def _keys(deployment: Raw) -> str:
    return str((deployment["spec"]["template"]["metadata"].get("annotations") or {}).get(KEYS, ""))


def _check_made(place: KubernetesTarget, found: Raw | None) -> None:
    if found is not None and not _keys(found):
        advice = "take target.create out, or delete the Deployment once so that it is made anew"
        raise ToolError("kubernetes", f"deployment/{place.first} -n {place.namespace} was not made from target.create; {advice}")


def _check_autoscalers(api: Api, place: KubernetesTarget, create: Create, log: Log) -> None:
    names = governing(api, place)
    others = [name for name in names if name != place.first]
    if create.autoscale and others:
        advice = "two would work against each other; delete it, or take target.create.autoscale out"
        raise ToolError("kubernetes", f"horizontalpodautoscaler/{others[0]} -n {place.namespace} scales the Deployment already: {advice}")
    if not create.autoscale and place.first in names:
        command = f"kubectl -n {place.namespace} delete hpa {place.first}"
        log(f"an autoscaler made before still scales the Deployment, though target.create has none now; to take it away: {command}")
