"""The patches of one app's releases, each made from a Deployment as read, or refused for what stands there. Pure; sends nothing."""

from dataclasses import dataclass

from pipeline.errors import ToolError
from pipeline.model import Run
from pipeline.spec import KubernetesTarget
from worker.observation import RUN, Raw
from worker.pod_template import fingerprint
from worker.tools.kubernetes_target import guard, release
from worker.tools.kubernetes_target.create.bring import outdated


@dataclass(frozen=True, slots=True)
class Changes:
    """Of ``app``, on the Deployment that ``place`` names."""

    app: str
    place: KubernetesTarget

    def deploy(self, image: str, run: Run, wanted: Raw | None, found: Raw) -> release.DeployPatch | release.RestorePatch:
        """The image, and the whole template where ``wanted``, from target.create, was made from other keys than what is there.

        What preflight has checked is checked again on the very version that is patched.
        """
        guard.check_owner(found, self.app, run)
        guard.check_fit(found, self.place)
        marks = release.marks(self.app, run, image)
        if wanted and outdated(found, wanted):
            return release.renew_patch(found, wanted, marks)
        return release.deploy_patch(found, self.place.container, image, marks)

    def nothing(self, found: Raw) -> release.DeployPatch:
        """The image that is there already, without a mark."""
        guard.check_fit(found, self.place)
        return release.deploy_patch(found, self.place.container, release.image_of(found["spec"]["template"], self.place.container), {})

    def put_back(self, saved: Raw, image: str, run: Run, found: Raw) -> release.RestorePatch:
        """What this run left gives way, also while it is paused: no pod moves then, and who resumes it gets the release that was good.

        A rollback that a person asked for finds what others left, and needs what a rollout needs.
        """
        guard.check_owner(found, self.app, run)
        if run.result("rollout") or release.annotation(found, RUN) == run.id:
            guard.check_left(found, run)
        else:
            guard.check_fit(found, self.place)
        return release.restore_patch(found, saved, release.marks_of_restore(self.app, run, image))

    def retire(self, run: Run, stop: bool, found: Raw) -> release.DeployPatch:
        """What this run left is marked as bad, and scaled to 0 to ``stop`` it."""
        guard.check_owner(found, self.app, run)
        guard.check_left(found, run)
        return release.retire_patch(found, run, stop=stop)

    def digest(self, patched: Raw, run: Run, found: Raw) -> release.DeployPatch:
        """The mark that says which template the API server made of the patch."""
        guard.check_owner(found, self.app, run)
        if differ(patched, found):
            raise ToolError("kubernetes", f"somebody else changed {guard.named(found)} meanwhile")
        return release.digest_patch(found)


def differ(before: Raw, after: Raw) -> bool:
    return fingerprint(before["spec"]["template"]) != fingerprint(after["spec"]["template"])
