"""The Roles in ``deploy/`` grant what preflight asks for: every verb of it, and no other."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from worker.tools.kubernetes_target.permissions import CREATING, NEEDED, SCALING, Permission

DEPLOY = Path(__file__).parents[2] / "deploy"
MANIFESTS: list[Any] = [
    manifest for name in ("role", "role-create") for manifest in yaml.safe_load_all((DEPLOY / f"{name}.yaml").read_text("utf-8"))
]


def named(kind: str, name: str) -> Any:
    return next(found for found in MANIFESTS if (found["kind"], found["metadata"]["name"]) == (kind, name))


def granted(rules: list[Any]) -> Iterator[Permission]:
    for rule in rules:
        for resource, verb in ((resource, verb) for resource in rule["resources"] for verb in rule["verbs"]):
            name, _, subresource = resource.partition("/")
            yield from (Permission(group, name, subresource, verb) for group in rule["apiGroups"])


@pytest.mark.parametrize(("role", "wanted"), [("pushrail", NEEDED), ("pushrail-create", CREATING), ("pushrail-scale", SCALING)])
def test_a_role_grants_what_is_asked_for_and_nothing_more(role: str, wanted: tuple[Permission, ...]) -> None:
    assert list(granted(named("Role", role)["rules"])) == list(wanted)


@pytest.mark.parametrize("role", ["pushrail", "pushrail-create"])
def test_the_account_is_bound_to_the_roles_of_a_release(role: str) -> None:
    binding = named("RoleBinding", role)
    assert (binding["roleRef"]["name"], binding["subjects"]) == (role, [{"kind": "ServiceAccount", "name": "pushrail"}])
    assert named("ServiceAccount", "pushrail")
