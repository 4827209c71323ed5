"""The gateway's objects: valid by kinds that others wrote, fenced; a listener for each tenant and for no other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jsonschema
import pytest
from pod_security import restricted_violations
from support.charts import renderer
from support.specs import minimal
from support.strict import problems, schemas

from fairlead import labels
from fairlead.catalog import lock
from fairlead.catalog.read import load
from fairlead.contract.handle import ClusterHandle
from fairlead.layers.certificates import authority
from fairlead.layers.gateway import certificates, entrance, place
from fairlead.layers.gateway.tool import CERTIFICATES, ENTRANCE, KIND, PART, TOOL
from fairlead.layers.tool import Ground, Part
from fairlead.plan.gateway_model import CHART, IMAGES, KINDS, NAMESPACE
from fairlead.plan.load import load_plan

NONE: Any = None
REFERENCES = {name: lock.images()[name].reference for name in IMAGES}
HERE = {"fairlead.dev/pool": "system"}
TENANTS = [
    {"name": name, "groups": [f"{name}-people"], "quota": {"cpu": "1", "memory": "1Gi"}}
    for name in ("team-a", "b")
]


def ground(**gateway: Any) -> Ground:
    layers = {
        "certificates": {"enabled": True},
        "gateway": {"enabled": True, "domain": "ml.example.com", **gateway},
    }
    plan = load_plan(minimal(tenants=TENANTS, layers=layers), "test", load())
    handle = ClusterHandle("x", "local", NONE, NONE, {}, REFERENCES, HERE, {}, {}, [])
    return Ground(plan, handle, renderer([CHART, KINDS, "cert-manager"]))


def parts(**gateway: Any) -> dict[str, Part]:
    return {part.name: part for part in TOOL.parts(ground(**gateway))}


def every(**gateway: Any) -> list[Mapping[str, Any]]:
    return [obj for part in parts(**gateway).values() for obj in part.rest]


def of_kind(kind: str, **gateway: Any) -> dict[str, Any]:
    return {obj["metadata"]["name"]: obj for obj in every(**gateway) if obj["kind"] == kind}


@pytest.fixture(scope="module")
def kinds() -> dict[tuple[str, str], Mapping[str, Any]]:
    own = [*parts()[PART].crds, *renderer(["cert-manager"])(_cert_manager())]
    crds = [one for one in own if one["kind"] == "CustomResourceDefinition"]
    return {key: schema for crd in crds for key, schema in schemas(crd).items()}


def _cert_manager() -> Any:
    from fairlead.contract.chart import Release

    return Release("cert-manager", "cert-manager", "x", {"crds": {"enabled": True}})


def test_every_object_keeps_its_schema(kinds: dict[tuple[str, str], Mapping[str, Any]]) -> None:
    of_tenant = TOOL.tenant(ground(), ground().plan.tenants[0])
    for obj in [*every(replicas=2), *of_tenant]:
        schema = kinds.get((obj["apiVersion"], obj["kind"]))
        if schema is None:
            assert problems(obj) == []
        else:
            jsonschema.Draft7Validator(schema).validate(obj)


def test_the_kinds_are_those_of_the_standard_channel() -> None:
    crds = {one["metadata"]["name"]: one for one in parts()[PART].crds}
    own = [one for name, one in crds.items() if name.endswith(f".{place.GROUP}")]
    assert len(own) == 8
    for one in own:
        assert one["metadata"]["annotations"]["gateway.networking.k8s.io/channel"] == "standard"
        assert one["metadata"]["annotations"]["gateway.networking.k8s.io/bundle-version"] == "v1.5.1"
    assert "envoyproxies.gateway.envoyproxy.io" in crds


def test_each_tenant_has_a_listener_for_its_own_names_and_routes() -> None:
    listeners = {one["name"]: one for one in of_kind("Gateway")["fairlead"]["spec"]["listeners"]}
    assert set(listeners) == {"http", "team-a", "b"}
    for name in ("team-a", "b"):
        one = listeners[name]
        assert one["hostname"] == f"*.{name}.ml.example.com"
        assert one["protocol"], one["tls"]["mode"] == ("HTTPS", "Terminate")
        assert one["allowedRoutes"]["namespaces"] == {
            "from": "Selector",
            "selector": {"matchLabels": {"kubernetes.io/metadata.name": name}},
        }
        [secret] = one["tls"]["certificateRefs"]
        certificate = of_kind("Certificate")[secret["name"]]
        assert certificate["spec"]["dnsNames"] == [one["hostname"]]


def test_nobody_elses_route_takes_plain_http() -> None:
    [plain] = [
        one for one in of_kind("Gateway")["fairlead"]["spec"]["listeners"] if one["protocol"] == "HTTP"
    ]
    assert plain["allowedRoutes"]["namespaces"] == {"from": "Same"}
    [rule] = of_kind("HTTPRoute")["to-https"]["spec"]["rules"]
    assert [one["type"] for one in rule["filters"]] == ["RequestRedirect"]


def test_who_signs_for_hosts_does_not_sign_for_proxies() -> None:
    found = of_kind("Certificate")
    proxies = found[certificates.PROXY_SECRET]["spec"]["issuerRef"]
    hosts = found[place.secret_of("team-a")]["spec"]["issuerRef"]
    assert (proxies["kind"], hosts["kind"]) == ("Issuer", "ClusterIssuer")
    assert of_kind("Issuer")[certificates.AUTHORITY]["spec"] == {"ca": {"secretName": certificates.AUTHORITY}}
    assert found[certificates.AUTHORITY]["spec"]["secretName"] != authority.ROOT


def test_hosts_are_signed_by_whom_the_spec_names() -> None:
    hosts = of_kind("Certificate", issuer="letsencrypt")[place.secret_of("b")]["spec"]["issuerRef"]
    assert hosts["name"] == "letsencrypt"


def test_the_controller_runs_our_image_under_the_standard_and_makes_its_secrets_first() -> None:
    [one] = of_kind("Deployment").values()
    assert restricted_violations(one["spec"]["template"]) == []
    pod = one["spec"]["template"]["spec"]
    boxes = [*pod["initContainers"], *pod["containers"]]
    assert {box["image"] for box in boxes} == {REFERENCES["envoy-gateway"]}
    assert all(box["securityContext"]["readOnlyRootFilesystem"] for box in boxes)
    assert all(set(box["resources"]["requests"]) == {"cpu", "memory"} for box in boxes)
    assert pod["nodeSelector"] == HERE
    assert pod["initContainers"][0]["command"][:2] == ["envoy-gateway", "certgen"]
    mounted = {volume["secret"]["secretName"] for volume in pod["volumes"] if "secret" in volume}
    assert mounted <= set(of_kind("Certificate"))


def test_nothing_of_the_release_is_a_placeholder() -> None:
    assert "${" not in str(every())


def test_proxies_run_our_image_on_the_platforms_nodes() -> None:
    told = of_kind("EnvoyProxy", replicas=2)[place.CLASS]["spec"]["provider"]["kubernetes"]
    deployment = told["envoyDeployment"]
    assert deployment["container"]["image"] == REFERENCES["envoy"]
    assert deployment["pod"]["nodeSelector"] == HERE
    assert (deployment["replicas"], told["envoyPDB"]) == (2, {"maxUnavailable": 1})
    assert "envoyPDB" not in of_kind("EnvoyProxy", replicas=1)[place.CLASS]["spec"]["provider"]["kubernetes"]


def test_it_is_reached_from_within_the_cluster_alone_unless_more_is_asked_for() -> None:
    service = of_kind("EnvoyProxy")[place.CLASS]["spec"]["provider"]["kubernetes"]["envoyService"]
    assert service == {"name": place.SERVICE, "type": "ClusterIP"}


def test_a_load_balancer_lets_in_whom_the_spec_names_and_is_told_what_its_target_asks() -> None:
    from fairlead.plan.gateway_model import GatewayPlan

    plan = GatewayPlan(True, "ml.example.com", "internal", ("10.0.0.0/8",), {"some.cloud/internal": "true"})
    made = {one["kind"]: one for one in entrance.kind(plan, "image", HERE)}
    service = made["EnvoyProxy"]["spec"]["provider"]["kubernetes"]["envoyService"]
    assert service["type"] == "LoadBalancer"
    assert service["annotations"] == {"some.cloud/internal": "true"}
    assert service["loadBalancerSourceRanges"] == ["10.0.0.0/8"]


def test_proxies_are_open_and_the_controller_is_open_to_them() -> None:
    policies = of_kind("NetworkPolicy")
    assert policies["default-deny"]["spec"] == {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": []}
    doors = {door["ports"][0]["port"]: door.get("from") for door in policies["proxies"]["spec"]["ingress"]}
    assert doors[place.PROXY_HTTPS] is None
    assert doors[place.PROXY_METRICS] is not None
    asked = {door["ports"][0]["port"]: door["from"] for door in policies["controller"]["spec"]["ingress"]}
    assert asked[place.XDS] == [{"podSelector": {"matchLabels": dict(place.PROXIES)}}]


def test_members_write_routes_in_their_own_namespace_and_nothing_that_changes_proxies() -> None:
    made = TOOL.tenant(ground(), ground().plan.tenants[0])
    assert {one["metadata"]["namespace"] for one in made} == {"team-a"}
    [role] = [one for one in made if one["kind"] == "Role"]
    written = {kind for rule in role["rules"] for kind in rule["resources"]}
    assert written == {"httproutes", "grpcroutes", "backendtrafficpolicies", "securitypolicies"}
    [bound] = [one for one in made if one["kind"] == "RoleBinding"]
    assert [one["name"] for one in bound["subjects"]] == ["team-a-people"]


def test_each_tenant_is_told_under_which_domain_it_serves() -> None:
    one = ground()
    for tenant in one.plan.tenants:
        [told] = [obj for obj in TOOL.tenant(one, tenant) if obj["kind"] == "ConfigMap"]
        assert (told["metadata"]["name"], told["metadata"]["namespace"]) == (labels.GATEWAY, tenant.namespace)
        assert told["data"] == {labels.GATEWAY_DOMAIN: "ml.example.com"}


def test_the_gateway_reaches_pods_of_a_tenant_and_nobody_else_does_by_this() -> None:
    [opened] = [
        one for one in TOOL.tenant(ground(), ground().plan.tenants[0]) if one["kind"] == "NetworkPolicy"
    ]
    [rule] = opened["spec"]["ingress"]
    [peer] = rule["from"]
    assert peer["namespaceSelector"] == {"matchLabels": {"kubernetes.io/metadata.name": NAMESPACE}}
    assert peer["podSelector"] == {"matchLabels": dict(place.PROXIES)}


def test_the_certificates_stand_before_the_controller_and_it_before_the_gateway() -> None:
    found = parts()
    assert found[PART].after == (CERTIFICATES,)
    assert found[KIND].after == (PART,)
    assert found[ENTRANCE].after == (KIND,)
    assert list(found) == [CERTIFICATES, PART, KIND, ENTRANCE]


def test_no_gateway_is_left_when_its_class_goes() -> None:
    """The controller holds a class that has Gateways, and misses its end where both are deleted at once."""
    kinds = {one["kind"]: part.name for part in parts().values() for one in part.objects}
    assert (kinds["GatewayClass"], kinds["Gateway"]) == (KIND, ENTRANCE)
