"""What the controller may do: no more than upstream's, and nothing to any pod outside the tenants' namespaces."""

from __future__ import annotations

from support.rights import granted
from test_workflows_objects import manifests

from fairlead.layers.workflows import place, rights

Wish = tuple[str, str, str]
SEEING = {"get", "list", "watch"}


def upstream(kind: str) -> set[Wish]:
    """Rights of upstream's controller: in the cluster, and in its own namespace."""
    roles = [obj for obj in manifests() if obj["kind"] == kind and obj["metadata"]["name"].endswith("role")]
    [role] = [obj for obj in roles if "aggregate" not in obj["metadata"]["name"]]
    return set(granted([rule for rule in role["rules"] if "resourceNames" not in rule]))


def test_it_has_no_right_in_the_cluster_that_upstream_does_not_give() -> None:
    wished = {*granted(rights.everywhere()), *granted(rights.in_tenants())}
    assert len(wished) > 50
    assert wished - upstream("ClusterRole") == set()


def test_in_its_own_namespace_it_has_upstreams_rights_and_tells_who_leads() -> None:
    events = {("", "events", verb) for verb in ("create", "patch")}
    assert events < upstream("ClusterRole"), "upstream gives it these everywhere"
    assert set(granted(rights.own(archive=True))) - events == upstream("Role")
    assert ("", "secrets", "get") not in set(granted(rights.own(archive=False)))


def test_outside_the_tenants_namespaces_it_only_looks() -> None:
    found = set(granted(rights.everywhere()))
    assert {verb for _, _, verb in found} == SEEING
    assert {kind for group, kind, _ in found if group == ""} == {"pods", "configmaps", "namespaces"}


def test_it_has_no_secret_of_a_tenant_and_no_right_to_everything() -> None:
    found = {*granted(rights.everywhere()), *granted(rights.in_tenants())}
    assert "*" not in {word for wish in found for word in wish}
    assert not {kind for _, kind, _ in found} & {"secrets", "serviceaccounts/token"}
    assert {verb for _, kind, verb in found if kind == "serviceaccounts"} == {"get"}


def test_what_it_may_do_to_pods_is_bound_nowhere_here_but_with_each_tenant() -> None:
    bound = [obj for obj in rights.objects(archive=False) if obj["kind"].endswith("Binding")]
    assert {(obj["kind"], obj["roleRef"]["name"]) for obj in bound} == {
        ("ClusterRoleBinding", rights.EVERYWHERE),
        ("RoleBinding", place.NAME),
    }
    for obj in bound:
        assert obj["subjects"] == [
            {"kind": "ServiceAccount", "name": place.NAME, "namespace": place.NAMESPACE}
        ]
