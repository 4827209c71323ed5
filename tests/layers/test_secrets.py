"""Secrets from elsewhere: the chart's own programs, fenced, with fewer rights; and a store for each tenant alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import jsonschema
import pytest
import yaml
from pod_security import restricted_violations
from support.charts import chart_values, module_of, rendered, renderer
from support.golden import REPO
from support.rights import granted
from support.specs import minimal
from support.strict import problems, schemas

from fairlead.catalog import lock
from fairlead.catalog.read import load
from fairlead.contract.chart import Release
from fairlead.contract.handle import ClusterHandle
from fairlead.errors import InputError
from fairlead.layers.secrets import place, programs, rights, stores, tool
from fairlead.layers.tool import Ground, Part
from fairlead.plan.certificates_model import CHART as CERTIFICATES
from fairlead.plan.load import load_plan
from fairlead.plan.secrets_model import ACCOUNT, CHART, IMAGE, KINDS, NAMESPACE

Object = Mapping[str, Any]
NONE: Any = None
HERE = {"fairlead.dev/pool": "system"}
REFERENCE = lock.images()[IMAGE].reference
TENANTS = [{"name": name, "quota": {"cpu": "1", "memory": "1Gi"}} for name in ("red", "blue")]
VAULT = {"server": "https://vault.example.com:8200", "authority": "vault-authority", "space": "ml"}


def ground(**layer: Any) -> Ground:
    layers = {"certificates": {"enabled": True}, "secrets": {"enabled": True, **layer}}
    plan = load_plan(minimal(layers=layers, tenants=TENANTS), "test", load())
    handle = ClusterHandle("x", "local", NONE, NONE, {}, {IMAGE: REFERENCE}, HERE, {}, {}, [])
    return Ground(plan, handle, renderer([CHART, KINDS]))


def parts(**layer: Any) -> dict[str, Part]:
    return {one.name: one for one in tool.TOOL.parts(ground(**layer))}


def of_kind(kind: str, **layer: Any) -> dict[str, Any]:
    objects = parts(**layer)[tool.PART].objects
    return {obj["metadata"]["name"]: obj for obj in objects if obj["kind"] == kind}


def of_tenant(name: str, **layer: Any) -> dict[str, Any]:
    made = ground(**layer)
    [tenant] = [one for one in made.plan.tenants if one.name == name]
    objects = stores.objects(made, replace(tenant, groups=("people",)))
    return {obj["kind"]: obj for obj in objects}


@cache
def kinds() -> dict[tuple[str, str], Any]:
    told = {"crds": {"enabled": True}}
    foreign = renderer([CERTIFICATES])(Release(CERTIFICATES, CERTIFICATES, "somewhere", told))
    crds = [*parts()[tool.PART].crds, *(one for one in foreign if one["kind"] == "CustomResourceDefinition")]
    return {key: one for crd in crds for key, one in schemas(crd).items()}


# ---- the programs ------------------------------------------------------------------------------


@pytest.mark.parametrize("layer", [{}, {"replicas": 2}, {"vault": VAULT}], ids=["one", "two", "vault"])
def test_every_object_keeps_its_schema(layer: Mapping[str, Any]) -> None:
    made = parts(**layer)
    objects = [*made[tool.PART].rest, *made[tool.STORES].rest, *of_tenant("red", **layer).values()]
    assert len(objects) >= 20
    known = kinds()
    for obj in objects:
        schema = known.get((obj["apiVersion"], obj["kind"]))
        if schema is None:
            assert problems(obj) == []
        else:
            jsonschema.Draft7Validator(schema).validate(obj)


def test_both_pods_keep_the_standard_and_run_on_the_platforms_nodes_within_limits() -> None:
    deployments = of_kind("Deployment")
    assert set(deployments) == {place.NAME, place.WEBHOOK}
    for name, deployment in deployments.items():
        template = deployment["spec"]["template"]
        assert restricted_violations(template) == []
        pod = template["spec"]
        [box] = pod["containers"]
        assert (box["image"], pod["nodeSelector"]) == (REFERENCE, HERE)
        assert box["securityContext"]["readOnlyRootFilesystem"] is True
        assert "runAsUser" not in box["securityContext"], "the pod says who it is"
        assert set(box["resources"]["requests"]) == {"cpu", "memory"}
        assert box["readinessProbe"]["periodSeconds"] == 1
        [spread] = pod["topologySpreadConstraints"]
        assert spread["labelSelector"] == deployment["spec"]["selector"]
        assert deployment["spec"]["selector"]["matchLabels"] == place.LABELS[name]
        assert pod["serviceAccountName"] == name


@pytest.mark.parametrize(("replicas", "budgets"), [(1, 0), (2, 2)])
def test_a_budget_guards_programs_of_which_there_are_several(replicas: int, budgets: int) -> None:
    assert len(of_kind("PodDisruptionBudget", replicas=replicas)) == budgets
    assert {one["spec"]["replicas"] for one in of_kind("Deployment", replicas=replicas).values()} == {
        replicas
    }


def test_every_argument_is_one_that_the_program_has() -> None:
    source = "\n".join(path.read_text() for path in (module_of(CHART) / "cmd" / "controller").glob("*.go"))
    args = [
        arg
        for one in of_kind("Deployment").values()
        for arg in one["spec"]["template"]["spec"]["containers"][0]["args"]
        if arg.startswith("--")
    ]
    assert len(args) >= 15
    assert not [arg for arg in args if f'"{arg[2:].partition("=")[0]}"' not in source]
    off = {arg[2:].partition("=")[0] for arg in args if arg.endswith("=false")}
    assert off == {
        "enable-cluster-store-reconciler",
        "enable-cluster-external-secret-reconciler",
        "enable-cluster-push-secret-reconciler",
        "enable-push-secret-reconciler",
        "enable-generator-state",
        "enable-managed-secrets-caching",
    }


def test_every_value_that_we_set_is_one_that_the_chart_has() -> None:
    known = chart_values(CHART)
    assert set(programs.values(2)) <= set(known)
    for name in ("webhook", "livenessProbe", "rbac"):
        assert set(programs.values(2)[name]) <= set(known[name])


def test_only_the_kinds_that_tenants_use_are_there_and_what_the_operator_needs_to_start() -> None:
    crds = {one["metadata"]["name"] for one in parts()[tool.PART].crds}
    assert crds == programs.SERVED
    assert all(one["spec"]["scope"] == "Namespaced" for one in parts()[tool.PART].crds)
    webhooks = [
        hook for one in of_kind("ValidatingWebhookConfiguration").values() for hook in one["webhooks"]
    ]
    asked = {kind for hook in webhooks for rule in hook["rules"] for kind in rule["resources"]}
    assert asked == {"externalsecrets", "secretstores"}
    assert {hook["failurePolicy"] for hook in webhooks} == {"Fail"}


def test_the_fence_has_a_door_for_the_webhook_and_one_for_metrics() -> None:
    policies = of_kind("NetworkPolicy")
    [gathered] = policies["default-deny"]["spec"]["ingress"]
    assert (gathered["ports"][0]["port"], "fairlead-monitoring" in str(gathered["from"])) == (8080, True)
    [called] = policies[place.WEBHOOK]["spec"]["ingress"]
    assert (called["ports"][0]["port"], called.get("from")) == (place.WEBHOOK_PORT, None)
    ports = {
        port["containerPort"]
        for one in of_kind("Deployment").values()
        for port in one["spec"]["template"]["spec"]["containers"][0]["ports"]
    }
    assert ports == {place.METRICS_PORT, place.WEBHOOK_PORT}


def test_the_webhook_is_known_by_a_certificate_of_the_platforms_authority() -> None:
    [certificate] = of_kind("Certificate").values()
    assert certificate["spec"]["secretName"] == place.WEBHOOK
    assert f"{place.WEBHOOK}.{NAMESPACE}.svc" in certificate["spec"]["dnsNames"]
    for hook in of_kind("ValidatingWebhookConfiguration").values():
        asked = hook["metadata"]["annotations"]["cert-manager.io/inject-ca-from"]
        assert asked == f"{NAMESPACE}/{certificate['metadata']['name']}"


# ---- rights ------------------------------------------------------------------------------------


def test_the_operator_has_less_than_the_charts_role_and_writes_only_where_a_tenant_is() -> None:
    theirs = {
        wish
        for obj in rendered(CHART)
        if obj["kind"] == "ClusterRole" and obj["metadata"]["name"].endswith("-controller")
        for wish in granted(obj["rules"])
    }
    everywhere, inside = set(granted(rights.everywhere())), set(granted(rights.in_tenants()))
    ours = everywhere | inside
    # The finalizers' subresources are asked for by one admission plug-in, as in the chart.
    assert ours <= theirs
    assert {verb for group, kind, verb in everywhere if kind == "secrets"} == {"get", "list", "watch"}
    assert {verb for group, kind, verb in inside if kind == "secrets"} == {
        *("create", "update", "patch", "delete"),
    }
    written = {kind.partition("/")[0] for group, kind, verb in everywhere if verb not in rights.READ}
    assert written == set(rights.KINDS)


def test_it_takes_a_token_of_no_account_but_the_tenants_own_for_secrets() -> None:
    rules = [rule for rule in rights.in_tenants() if "serviceaccounts/token" in rule["resources"]]
    assert [rule["resourceNames"] for rule in rules] == [[ACCOUNT]]
    assert not [wish for wish in granted(rights.everywhere()) if wish[1] == "serviceaccounts/token"]


def test_members_send_external_secrets_and_only_look_at_the_store() -> None:
    role = of_tenant("red")["Role"]
    wishes = set(granted(role["rules"]))
    assert {verb for _, kind, verb in wishes if kind == "secretstores"} == {"get", "list", "watch"}
    assert "create" in {verb for _, kind, verb in wishes if kind == "externalsecrets"}
    assert {kind for _, kind, _ in wishes} == {"secretstores", "externalsecrets"}


# ---- stores ------------------------------------------------------------------------------------


def test_each_tenants_secrets_lie_in_a_namespace_that_its_account_alone_reads() -> None:
    kept = parts()[tool.STORES].objects
    spaces = [obj["metadata"]["name"] for obj in kept if obj["kind"] == "Namespace"]
    assert spaces == [f"{NAMESPACE}-red", f"{NAMESPACE}-blue"]
    bindings = {obj["metadata"]["namespace"]: obj for obj in kept if obj["kind"] == "RoleBinding"}
    for name in ("red", "blue"):
        [who] = bindings[f"{NAMESPACE}-{name}"]["subjects"]
        assert (who["kind"], who["name"], who["namespace"]) == ("ServiceAccount", ACCOUNT, name)
        provider = of_tenant(name)["SecretStore"]["spec"]["provider"]["kubernetes"]
        assert provider["remoteNamespace"] == f"{NAMESPACE}-{name}"
        assert provider["auth"] == {"serviceAccount": {"name": ACCOUNT}}
    rules = [wish for obj in kept if obj["kind"] == "Role" for wish in granted(obj["rules"])]
    assert set(rules) == {("", "secrets", verb) for verb in ("get", "list", "watch")}


def test_a_vault_is_signed_in_to_by_the_tenants_account_and_nothing_is_kept_here() -> None:
    [only] = parts(vault=VAULT)[tool.STORES].objects
    assert only["kind"] == "ClusterRole", "no namespaces for what lies in Vault"
    vault = of_tenant("red", vault=VAULT)["SecretStore"]["spec"]["provider"]["vault"]
    assert (vault["server"], vault["path"], vault["version"]) == (VAULT["server"], "secret", "v2")
    assert vault["namespace"] == "ml"
    assert vault["caProvider"] == {"type": "ConfigMap", "name": "vault-authority", "key": "ca.crt"}
    login = vault["auth"]["kubernetes"]
    assert (login["role"], login["mountPath"]) == ("fairlead-red", "kubernetes")
    assert login["serviceAccountRef"] == {"name": ACCOUNT, "audiences": ["vault"]}
    assert set(vault["auth"]) == {"kubernetes"}, "no token of Vault is kept"


def test_the_account_has_no_token_in_pods_that_do_not_ask() -> None:
    account = of_tenant("blue")["ServiceAccount"]
    assert account["automountServiceAccountToken"] is False
    assert account["metadata"]["name"] == ACCOUNT


@pytest.mark.parametrize("layer", [{}, {"vault": VAULT}], ids=["here", "vault"])
def test_stores_come_when_the_webhook_answers(layer: Mapping[str, Any]) -> None:
    behind = parts(**layer)[tool.STORES]
    assert behind.after == (tool.PART,)
    assert behind.rest, "without an object nothing would wait for the answer"
    [probe] = behind.probes
    jsonschema.Draft7Validator(kinds()[place.API, "SecretStore"]).validate(probe)
    assert parts(**layer)[tool.PART].after == ("authority",)


def test_the_example_is_what_the_kind_has_and_names_the_store() -> None:
    made = yaml.safe_load((REPO / "examples" / "secrets" / "registry.yaml").read_text())
    jsonschema.Draft7Validator(kinds()[place.API, "ExternalSecret"]).validate(made)
    assert made["spec"]["secretStoreRef"] == {"kind": "SecretStore", "name": place.STORE}


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        ({"secrets": {"enabled": True}}, "certificates"),
        ({"secrets": {"enabled": True, "vault": {"server": "http://vault.example.com"}}}, "server"),
        ({"secrets": {"enabled": True, "vault": {**VAULT, "role": "everybody"}}}, "role"),
        ({"secrets": {"enabled": True, "vault": {**VAULT, "token": "hvs.x"}}}, "token"),
        ({"secrets": {"enabled": True, "replicas": 0}}, "replicas"),
    ],
    ids=["no-certificates", "without-tls", "one-role-for-all", "a-token", "none"],
)
def test_wrong_input_is_refused(layers: Mapping[str, Any], said: str) -> None:
    with pytest.raises(InputError) as raised:
        load_plan(minimal(layers=layers), "test", load())
    assert said in str(raised.value.problems)
