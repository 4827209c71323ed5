"""Katib's objects: valid, fenced, over TLS to its database; what it makes for tenants keeps their standard."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import jsonschema
import pytest
import yaml
from pod_security import restricted_violations
from support.charts import module_of, renderer
from support.golden import REPO
from support.specs import minimal
from support.strict import custom_kinds, problems

from fairlead import labels
from fairlead.catalog import lock
from fairlead.catalog.read import load
from fairlead.contract.handle import ClusterHandle
from fairlead.errors import InputError
from fairlead.layers.databases import place as databases
from fairlead.layers.katib import config, fence, members, place, policies, programs, rights, webhooks
from fairlead.layers.katib.tool import DATABASE, PART, POLICIES, TOOL
from fairlead.layers.tenancy import namespace
from fairlead.layers.tool import Ground, Part
from fairlead.plan.katib_model import CHART, CONTROLLER, IMAGES, MANAGER, NAMESPACE
from fairlead.plan.load import load_plan
from fairlead.workload.runtime import API_VERSION

Object = Mapping[str, Any]
NONE: Any = None
HERE = {"fairlead.dev/pool": "system"}
REFERENCES = {name: row.reference for name, row in lock.images().items()}
ON = {name: {"enabled": True} for name in ("certificates", "databases")}


def ground(replicas: int = 1) -> Ground:
    plan = load_plan(minimal(layers={**ON, "katib": {"enabled": True, "replicas": replicas}}), "test", load())
    classes = {"fairlead-block": "standard"}
    handle = ClusterHandle("x", "local", NONE, NONE, {}, REFERENCES, HERE, classes, {}, [])
    return Ground(plan, handle, renderer([CHART]))


def parts(replicas: int = 1) -> dict[str, Part]:
    return {part.name: part for part in TOOL.parts(ground(replicas))}


def found(replicas: int = 1) -> dict[tuple[str, str], Any]:
    return {(obj["kind"], obj["metadata"]["name"]): obj for obj in parts(replicas)[PART].objects}


def of_tenant(groups: tuple[str, ...] = ("people",)) -> dict[tuple[str, str], Any]:
    made = ground()
    objects = members.objects(made, replace(made.plan.tenants[0], groups=groups))
    return {(obj["kind"], obj["metadata"]["name"]): obj for obj in objects}


def template(name: str) -> Any:
    return found()["Deployment", name]["spec"]["template"]


def box(name: str) -> Any:
    [one] = template(name)["spec"]["containers"]
    return one


def settings() -> Any:
    return yaml.safe_load(found()["ConfigMap", config.NAME]["data"][config.FILE])


# ---- the platform's own ------------------------------------------------------------------------


@pytest.mark.parametrize("replicas", [1, 2])
def test_every_object_keeps_its_schema(replicas: int) -> None:
    made = [obj for part in parts(replicas).values() if part.name != DATABASE for obj in part.rest]
    own = [obj for obj in [*made, *of_tenant().values()] if obj["kind"] != "Certificate"]
    assert len(own) >= 25
    assert [problem for obj in own for problem in problems(obj)] == []


@pytest.mark.parametrize("name", [CONTROLLER, MANAGER])
def test_each_pod_keeps_the_standard_and_runs_on_the_platforms_nodes_within_limits(name: str) -> None:
    assert restricted_violations(template(name)) == []
    assert template(name)["spec"]["nodeSelector"] == HERE
    assert box(name)["image"] == REFERENCES[name]
    assert box(name)["securityContext"]["readOnlyRootFilesystem"] is True
    assert set(box(name)["resources"]) == {"requests", "limits"}
    assert set(box(name)) >= {"readinessProbe", "livenessProbe"}


@pytest.mark.parametrize(("replicas", "budgets"), [(1, 0), (2, 2)])
def test_budgets_guard_what_there_are_several_of_and_one_controller_leads(
    replicas: int, budgets: int
) -> None:
    made = found(replicas)
    assert len([kind for kind, _ in made if kind == "PodDisruptionBudget"]) == budgets
    assert {made["Deployment", name]["spec"]["replicas"] for name in place.PROGRAM} == {replicas}
    told = yaml.safe_load(made["ConfigMap", config.NAME]["data"][config.FILE])
    assert told["init"]["controller"]["enableLeaderElection"] is (replicas > 1)


def test_metrics_are_kept_in_postgresql_over_tls_by_a_password_that_no_object_holds() -> None:
    told = {one["name"]: one.get("value", one.get("valueFrom")) for one in box(MANAGER)["env"]}
    assert told["DB_NAME"] == "postgres"
    assert told["KATIB_POSTGRESQL_SSL_MODE"] == "verify-full"
    assert told["KATIB_POSTGRESQL_DB_HOST"] == "katib-db-rw.fairlead-katib.svc"
    assert told["DB_PASSWORD"] == {"secretKeyRef": {"name": "katib-db-app", "key": "password"}}
    [mounted] = box(MANAGER)["volumeMounts"]
    assert told["PGSSLROOTCERT"] == f"{mounted['mountPath']}/ca.crt"
    assert template(MANAGER)["spec"]["automountServiceAccountToken"] is False


def test_the_layer_asks_for_its_database_and_stands_behind_it_and_its_certificate() -> None:
    made = parts()
    assert made[PART].after == (DATABASE, "authority")
    assert made[DATABASE].after == ("databases",)
    assert ground().plan.databases.namespaces == (NAMESPACE,)
    assert (made[POLICIES].after, list(made[POLICIES].probes)) == ((PART,), [webhooks.probe()])


def test_new_settings_start_the_controller_anew() -> None:
    """It reads some of them only at its start."""

    def noted(replicas: int) -> str:
        made = programs.controller(config.settings(str, replicas), "x", 1, HERE)
        [deployment] = [obj for obj in made if obj["kind"] == "Deployment"]
        return deployment["spec"]["template"]["metadata"]["annotations"][programs.SETTINGS]

    assert noted(1) == noted(1)
    assert noted(1) != noted(2)


# ---- fences -------------------------------------------------------------------------------------


def test_trials_and_the_controller_call_what_keeps_metrics_and_it_calls_its_database_alone() -> None:
    made = found()
    [rule] = made["NetworkPolicy", MANAGER]["spec"]["ingress"]
    assert rule["ports"] == [{"protocol": "TCP", "port": place.API_PORT}]
    trials, controller = rule["from"]
    assert trials["namespaceSelector"]["matchExpressions"] == [{"key": labels.TENANT, "operator": "Exists"}]
    assert trials["podSelector"]["matchExpressions"] == [{"key": place.TRIAL, "operator": "Exists"}]
    assert controller == {"podSelector": template_labels(CONTROLLER)}
    names, stored = made["NetworkPolicy", f"{MANAGER}-calls"]["spec"]["egress"]
    assert names == fence.DNS
    assert stored["to"][0]["podSelector"]["matchLabels"] == {databases.CLUSTER: "katib-db"}


def template_labels(name: str) -> Object:
    return {"matchLabels": template(name)["metadata"]["labels"]}


def test_the_controller_is_called_on_its_webhooks_and_by_who_gathers_metrics() -> None:
    policy = found()["NetworkPolicy", CONTROLLER]["spec"]
    assert policy["podSelector"] == template_labels(CONTROLLER)
    hooks, metrics = policy["ingress"]
    assert hooks == {"ports": [{"protocol": "TCP", "port": place.WEBHOOK_PORT}]}
    assert "fairlead-monitoring" in str(metrics["from"])
    assert [port["port"] for port in metrics["ports"]] == [place.METRICS_PORT]
    kept = {obj["metadata"]["name"]: obj["spec"] for obj in parts()[DATABASE].objects}
    assert kept["default-deny"] == {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": []}


def test_in_a_tenants_fence_trials_may_call_out_and_suggestions_may_be_called() -> None:
    made = of_tenant()
    out, into = (made["NetworkPolicy", name]["spec"] for name in ("katib-trials", "katib-suggestions"))
    assert out["podSelector"]["matchExpressions"] == [{"key": place.TRIAL, "operator": "Exists"}]
    [rule] = out["egress"]
    assert rule["to"][0]["podSelector"] == template_labels(MANAGER)
    assert into["podSelector"]["matchExpressions"] == [{"key": place.SUGGESTION, "operator": "Exists"}]
    [rule] = into["ingress"]
    [peer] = rule["from"]
    assert peer["podSelector"] == template_labels(CONTROLLER)
    assert peer["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": NAMESPACE}
    assert [port["port"] for port in rule["ports"]] == [place.API_PORT]


# ---- webhooks -----------------------------------------------------------------------------------


def hooks() -> dict[str, Any]:
    made = [obj for obj in webhooks.objects() if "webhooks" in obj]
    return {hook["name"]: hook for obj in made for hook in obj["webhooks"]}


def test_the_webhook_for_pods_is_asked_for_marked_pods_alone() -> None:
    """Unasked, it would stop all jobs of all tenants while Katib is away."""
    hook = hooks()["mutator.pod.katib.kubeflow.org"]
    assert hook["objectSelector"] == hook["namespaceSelector"] == {"matchLabels": dict(place.MARKED)}
    assert {one["failurePolicy"] for one in hooks().values()} == {"Fail"}
    tenant = ground().plan.tenants[0]
    assert place.MARKED.items() <= namespace(tenant, TOOL.marks)["metadata"]["labels"].items()
    assert not place.MARKED.items() & namespace(tenant)["metadata"]["labels"].items()


def test_the_webhooks_are_known_by_a_certificate_of_the_platforms_authority() -> None:
    [certificate] = [obj for obj in webhooks.objects() if obj["kind"] == "Certificate"]
    assert certificate["spec"]["issuerRef"]["name"] == "fairlead"
    service = hooks()["validator.experiment.katib.kubeflow.org"]["clientConfig"]["service"]
    assert f"{service['name']}.{service['namespace']}.svc" in certificate["spec"]["dnsNames"]
    for obj in webhooks.objects():
        if "webhooks" in obj:
            noted = obj["metadata"]["annotations"]["cert-manager.io/inject-ca-from"]
            assert noted == f"{NAMESPACE}/{certificate['metadata']['name']}"
    [cert] = [one for one in template(CONTROLLER)["spec"]["volumes"] if one["name"] == "cert"]
    assert cert["secret"]["secretName"] == certificate["spec"]["secretName"]


# ---- what Katib makes in tenants' namespaces ----------------------------------------------------


def test_services_that_propose_trials_keep_the_standard_within_limits() -> None:
    suggestions = settings()["runtime"]["suggestions"]
    assert [one["algorithmName"] for one in suggestions] == list(config.ALGORITHMS)
    for one in suggestions:
        pod = {"spec": {"containers": [{**one, "name": "suggestion"}]}}
        assert restricted_violations(pod) == []
        assert one["image"] == REFERENCES[config.ALGORITHMS[one["algorithmName"]]]
        assert one["resources"]["limits"]["memory"] == config.PROPOSING[2]
        assert one["securityContext"]["readOnlyRootFilesystem"] is True


def test_what_reads_metrics_has_the_security_of_the_trial_and_limits_no_disk_of_it() -> None:
    """Limits of single containers count for the whole pod's disk: a trial of its own would be evicted."""
    assert settings()["init"]["controller"]["injectSecurityContext"] is True
    for one in settings()["runtime"]["metricsCollectors"]:
        for which in ("requests", "limits"):
            assert one["resources"][which]["ephemeral-storage"] == config.NO_LIMIT
        assert one["resources"]["limits"]["memory"] == config.READING[2]
    assert set(IMAGES) <= set(lock.images())


def test_nothing_is_offered_that_a_restricted_namespace_would_not_let_in() -> None:
    assert "earlyStoppings" not in settings()["runtime"]
    source = (module_of(CHART) / "pkg/controller.v1beta1/suggestion/composer/composer.go").read_text()
    begun = source.index("earlyStoppingContainer := corev1.Container{")
    assert "SecurityContext" not in source[begun : source.index("containers = append", begun)]


def test_members_send_experiments_of_which_there_may_be_so_many_and_read_the_rest() -> None:
    made = of_tenant()
    granted = {
        kind: rule["verbs"] for rule in made["Role", members.MEMBERS]["rules"] for kind in rule["resources"]
    }
    assert set(granted) == set(rights.KINDS)
    assert "create" in granted["experiments"]
    assert granted["trials"] == granted["suggestions"] == list(rights.READ)
    assert made["ResourceQuota", members.MEMBERS]["spec"]["hard"] == {"count/experiments.kubeflow.org": "100"}
    assert ("RoleBinding", members.MEMBERS) not in of_tenant(())
    bound = made["RoleBinding", members.CONTROLLER]
    assert (bound["roleRef"]["name"], bound["subjects"]) == (rights.IN_TENANTS, rights.controller())


# ---- what experiments are held to ---------------------------------------------------------------


def validations(name: str) -> Sequence[Mapping[str, str]]:
    [one] = [
        obj
        for obj in policies.objects()
        if obj["kind"] == "ValidatingAdmissionPolicy" and obj["metadata"]["name"] == name
    ]
    return one["spec"]["validations"]


def test_the_policies_hold_in_tenants_namespaces_for_everything_that_is_sent_and_changed() -> None:
    made = policies.objects()
    for obj in made:
        if obj["kind"] == "ValidatingAdmissionPolicyBinding":
            assert obj["spec"]["validationActions"] == ["Deny"]
            chosen = obj["spec"]["matchResources"]["namespaceSelector"]["matchExpressions"]
            assert chosen == [{"key": labels.TENANT, "operator": "Exists"}]
        else:
            [rule] = obj["spec"]["matchConstraints"]["resourceRules"]
            assert rule["operations"] == ["CREATE", "UPDATE"]
            assert rule["apiGroups"] == [place.GROUP]
            assert obj["spec"]["failurePolicy"] == "Fail"
    assert len(made) == 4


def test_a_trial_is_looked_at_again_since_values_are_put_into_its_template_as_text() -> None:
    experiment, trial = (
        {one["message"]: one["expression"] for one in validations(name)}
        for name in (policies.EXPERIMENTS, policies.TRIED)
    )
    only = set(experiment) - set(trial)
    assert set(trial) < set(experiment)
    assert [any(word in said for said in only) for word in ("configMap", "FromVolume")] == [True, True]
    assert len(only) == 2
    source = (module_of(CHART) / "pkg/controller.v1beta1/experiment/manifest/generator.go").read_text()
    assert "trialTemplate = strings.Replace(trialTemplate," in source


def test_a_trial_is_of_a_kind_that_waits_in_the_queues_of_its_tenant() -> None:
    text = json.dumps(validations(policies.TRIED))
    for kind, api in config.TRIALS.items():
        assert f"== '{kind}'" in text
        assert f"== '{api}'" in text
    assert f"[?'{labels.QUEUE}'].orValue('') in ['testing', 'training', 'inference']" in text
    known = [one.rpartition(".")[2] for one in ("batch/v1", "trainer.kubeflow.org/v1alpha1")]
    assert len(known) == 2
    told = settings()["init"]["controller"]["trialResources"]
    assert told == ["Job.v1.batch", "TrainJob.v1alpha1.trainer.kubeflow.org"]


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        ({**ON, "katib": {"enabled": True}, "jobs": {"enabled": False}}, "jobs"),
        ({"databases": {"enabled": True}, "katib": {"enabled": True}}, "certificates"),
        ({"certificates": {"enabled": True}, "katib": {"enabled": True}}, "databases"),
        ({**ON, "katib": {"enabled": True, "replicas": 4}}, "replicas"),
        ({**ON, "katib": {"enabled": True, "image": "x"}}, "image"),
    ],
    ids=["without-jobs", "without-certificates", "without-databases", "too-many", "an-unknown-key"],
)
def test_wrong_input_is_refused(layers: Mapping[str, Any], said: str) -> None:
    with pytest.raises(InputError) as raised:
        load_plan(minimal(layers=layers), "test", load())
    assert said in str(raised.value.problems)


def test_the_reader_of_a_plan_is_told_that_what_keeps_metrics_asks_nobody() -> None:
    assert any("database manager asks nobody who calls" in note for note in ground().plan.notes)


# ---- the example --------------------------------------------------------------------------------


def test_the_example_is_what_upstreams_schema_knows_and_what_the_policies_ask_for() -> None:
    experiment = yaml.safe_load((REPO / "examples" / "katib" / "learning-rate.yaml").read_text())
    known = json.loads((module_of(CHART) / "pkg/apis/v1beta1/swagger.json").read_text())["definitions"]
    closed = {name: {**one, "additionalProperties": False} for name, one in known.items()}
    # Any object: Trainer's own schema has its say below.
    closed["v1beta1.TrialTemplate"]["properties"]["trialSpec"] = {"type": "object"}
    schema = {"$ref": "#/definitions/v1beta1.ExperimentSpec", "definitions": closed}
    jsonschema.Draft4Validator(schema).validate(experiment["spec"])
    job = experiment["spec"]["trialTemplate"]["trialSpec"]
    jsonschema.Draft7Validator(custom_kinds()[API_VERSION, "TrainJob"]).validate(job)
    assert experiment["metadata"]["labels"][labels.TENANT] == experiment["metadata"]["namespace"]
    assert job["metadata"]["labels"][labels.QUEUE] in labels.STAGES
    # One that Kubeflow's SDK knows by its label, so that it can read the trials.
    assert job["spec"]["runtimeRef"]["name"] == "torch-distributed"
    assert job["spec"]["trainer"]["image"] == REFERENCES["python-numpy"]
    [patch] = job["spec"]["runtimePatches"]
    [replicated] = patch["trainingRuntimeSpec"]["template"]["spec"]["replicatedJobs"]
    pod = replicated["template"]["spec"]["template"]
    assert pod["metadata"]["labels"] == dict(place.MARKED)
    assert replicated["name"] == experiment["spec"]["trialTemplate"]["primaryContainerName"]
    assert job["spec"]["trainer"]["args"][0].endswith("}"), "Katib adds where its output goes"
