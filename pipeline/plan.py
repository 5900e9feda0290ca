"""Which steps a run goes through. Pure; both the worker and the pages ask."""

from pipeline.model import Run, Trigger
from pipeline.spec import App, Step, VerifySettings
from pipeline.spec.steps import RollbackSettings


def planned(app: App, run: Run) -> tuple[Step, ...]:
    """The app's own steps in order; for a rollback only the way back and its verification, with the app's settings of both."""
    if run.trigger is not Trigger.ROLLBACK:
        return app.steps
    rollback = next((entry.rollback for entry in app.steps if entry.rollback), RollbackSettings())
    verify = next((entry.verify for entry in app.steps if entry.verify), VerifySettings())
    due = {"when": "success"}
    return Step(rollback=rollback.model_copy(update=due)), Step(verify=verify.model_copy(update=due))
