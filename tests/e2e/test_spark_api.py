"""The real API server, the real Kueue and the real Spark operator beside it, each with the rights that it has: no node.

What the operator sends, what its webhooks make of it, what waits, and what is refused; nothing runs (e2e.bare).
"""

from __future__ import annotations

import json
import tarfile
from collections.abc import Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.charts import renderer
from support.specs import gpu_pool, with_gpus

from e2e.bare import Bare, free_port, until
from e2e.bare_kueue import HOOKS, Certificate, kubeconfig, make_queues, space, start_kueue
from fairlead import labels
from fairlead.catalog.read import load
from fairlead.contract.handle import ClusterHandle
from fairlead.layers import queue_controller, tenancy
from fairlead.layers.spark import members, place, policies
from fairlead.layers.spark.operator import SETTINGS_FILE
from fairlead.layers.spark.tool import TOOL
from fairlead.layers.tool import Ground
from fairlead.plan.load import load_plan
from fairlead.plan.spark_model import IMAGE, NAMESPACE
from fairlead.tools import images
from fairlead.tools.cache import Cache
from fairlead.tools.progress import Progress

pytestmark = pytest.mark.e2e

Object = Mapping[str, Any]
NONE: Any = None
TENANT, QUEUE, GPU = "team-a", "training", "nvidia.com/gpu"
DRIVER = f"system:serviceaccount:{TENANT}:{place.ACCOUNT}"
EXAMPLE = Path(__file__).parents[2] / "examples" / "spark" / "squares.yaml"
APPLICATION = list(yaml.safe_load_all(EXAMPLE.read_text()))[1]


@pytest.fixture(scope="module")
def bare(bare: Bare) -> Bare:
    standing(bare)
    return bare


def standing(bare: Bare) -> None:
    """Everything that the layer has and the tenant's queues, but for what needs a node."""
    tenants = [{"name": TENANT, "quota": {"accelerators": {"H100": 4}, "cpu": "4", "memory": "8Gi"}}]
    spec = with_gpus(gpu_pool(), tenants=tenants, layers={"spark": {"enabled": True, "replicas": 1}})
    plan = load_plan(spec, "test", load())
    handle = ClusterHandle("x", "local", NONE, NONE, {}, {IMAGE: "x"}, {}, {}, {}, [])
    ground = Ground(plan, handle, renderer([IMAGE, "kueue"]))
    parts = TOOL.parts(ground)
    kueue = queue_controller.controller(ground.render, plan.queues, layers=("spark",))
    bare.define(
        [
            one
            for one in (*kueue, *(o for p in parts for o in p.crds))
            if one["kind"] == "CustomResourceDefinition"
        ]
    )
    [tenant] = plan.tenants
    bare.make(tenancy.namespace(tenant), *(space(one) for one in (NAMESPACE, queue_controller.NAMESPACE)))
    own = [one for part in parts for one in part.rest]
    bare.make(*(one for one in own if one["kind"] not in (*HOOKS, "Deployment", "ConfigMap")))
    bare.make(*tenancy.service_accounts(tenant), *members.objects(ground, tenant))
    queues = plan.queues
    make_queues(bare, queues)
    certificate = Certificate(bare.folder / "certificate")
    config = queue_controller.config(queues, layers=("spark",))
    start_kueue(bare, config, kueue, certificate, {"batch/job": "", "pod": "pods"})
    _operator(bare, own, certificate, [one for one in own if one["kind"] in HOOKS])


def _operator(bare: Bare, own: Sequence[Object], certificate: Certificate, hooks: Sequence[Object]) -> None:
    """Both programs as the image has them, with the arguments of their Deployments, as their own accounts."""
    home = _unpacked(bare.folder)
    [settings] = [one for one in own if one["kind"] == "ConfigMap"]
    conf = home / "opt/spark/conf"
    conf.mkdir()
    (conf / SETTINGS_FILE).write_text(settings["data"][SETTINGS_FILE])
    data = {"tls.key": certificate.key, "tls.crt": certificate.crt, "ca.crt": certificate.crt}
    meta = {"name": place.CERTIFICATES, "namespace": NAMESPACE}
    bare.make({"apiVersion": "v1", "kind": "Secret", "metadata": meta, "data": data})
    port = free_port()
    more = {
        place.OPERATOR: [],
        # Its own certificate is for its Service's name.
        place.WEBHOOK: [
            "--enable-cert-manager=true",
            f"--webhook-cert-dir={bare.folder / 'served'}",
            f"--webhook-port={port}",
        ],
    }
    (bare.folder / "served").mkdir()
    for name, arguments in more.items():
        [made] = [one for one in own if one["kind"] == "Deployment" and one["metadata"]["name"] == name]
        [box] = made["spec"]["template"]["spec"]["containers"]
        here = [f"--{kind}-bind-address=127.0.0.1:{free_port()}" for kind in ("health-probe", "metrics")]
        file = kubeconfig(bare, name, NAMESPACE)
        program = bare.folder / name
        program.symlink_to(home / "usr/bin/spark-operator")
        env = {
            "KUBECONFIG": str(file),
            "SPARK_HOME": str(home / "opt/spark"),
            "KUBERNETES_SERVICE_HOST": "127.0.0.1",
            "KUBERNETES_SERVICE_PORT": str(bare.port),
        }
        bare.run(program, *box["args"], *arguments, *here, env=env)
    bare.make(*(certificate.here(one, port) for one in hooks))


def _unpacked(folder: Path) -> Path:
    """The files of the operator's image, whose program for sending is told where they lie."""
    home = folder / "image"
    home.mkdir()
    with tarfile.open(images.ensure([IMAGE], Cache.default(), Progress(mode="plain"))[IMAGE]) as outer:
        [layer] = [one for one in outer.getmembers() if one.size > 1_000_000]
        data = outer.extractfile(layer)
        assert data is not None
        with tarfile.open(fileobj=data) as inner:
            inner.extractall(home, filter="tar")
    sender = home / "opt/spark/bin/spark-submit"
    sender.write_text(sender.read_text().replace("/opt/", f"{home}/opt/"))
    return home


def application(name: str, change: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The example under another name, with these fields: a path with slashes -> its value."""
    made = deepcopy(APPLICATION)
    made["metadata"]["name"] = name
    for path, value in (change or {}).items():
        *above, last = path.split("/")
        inner = made["spec"]
        for key in above:
            inner = inner.setdefault(key, {})
        inner[last] = value
        if value is None:
            del inner[last]
    return made


def by_the_clock(made: Mapping[str, Any]) -> dict[str, Any]:
    spec = {"schedule": "@every 5s", "concurrencyPolicy": "Forbid", "template": made["spec"]}
    return {**made, "kind": "ScheduledSparkApplication", "spec": spec}


def gated(pod: Mapping[str, Any]) -> bool:
    return policies.GATE in {gate["name"] for gate in pod["spec"].get("schedulingGates", [])}


def driver(bare: Bare, name: str) -> Any:
    return until(f"{name} has a driver", lambda: bare.get("pod", f"{name}-driver", TENANT), 300)


def test_an_application_is_sent_with_the_operators_rights_and_its_driver_waits_until_the_queue_lets_it_go(
    bare: Bare,
) -> None:
    hold = {"spec": {"stopPolicy": "Hold"}}
    patch = ("patch", "localqueue", QUEUE, "-n", TENANT, "--type=merge", "-p")
    bare.kubectl(*patch, json.dumps(hold))
    until("the operator's webhooks answer", lambda: not bare.refusals([application("asked")]))
    bare.make(application("squares"))
    made = driver(bare, "squares")
    assert gated(made)
    assert made["metadata"]["labels"][labels.QUEUE] == QUEUE
    assert made["metadata"]["ownerReferences"][0]["name"] == "squares"
    assert made["spec"]["serviceAccountName"] == place.ACCOUNT
    [box] = made["spec"]["containers"]
    assert box["resources"]["requests"] == {"cpu": "50m", "memory": "768Mi"}
    # By its webhook: volumes and contexts are none of Spark's own settings.
    assert box["securityContext"] == APPLICATION["spec"]["driver"]["securityContext"]
    assert made["spec"]["securityContext"] == APPLICATION["spec"]["driver"]["podSecurityContext"]
    assert "/opt/program" in {one["mountPath"] for one in box["volumeMounts"]}
    until("it is taken up", lambda: _state(bare, "squares") == "SUBMITTED")
    assert gated(driver(bare, "squares"))
    bare.kubectl(*patch, json.dumps({"spec": {"stopPolicy": "None"}}))
    until("it is let go", lambda: not gated(driver(bare, "squares")))
    assert _assigned(bare, "squares-driver")["cpu"] == "50m"
    bare.kubectl("delete", "sparkapplication", "squares", "-n", TENANT, "--timeout=120s")


def _state(bare: Bare, name: str) -> str:
    found = bare.get("sparkapplication", name, TENANT)
    return found.get("status", {}).get("applicationState", {}).get("state", "")


def _workload(bare: Bare, pod: str) -> Any:
    found = json.loads(bare.kubectl("get", "workloads", "-n", TENANT, "-o", "json"))["items"]
    owned = [
        one for one in found if pod in {ref["name"] for ref in one["metadata"].get("ownerReferences", [])}
    ]
    return owned[0] if owned else None


def _assigned(bare: Bare, pod: str) -> Mapping[str, str]:
    [part] = _workload(bare, pod)["status"]["admission"]["podSetAssignments"]
    return part["resourceUsage"]


def test_what_comes_by_the_clock_waits_where_it_does_not_fit_into_the_quota(bare: Bare) -> None:
    bare.make(by_the_clock(application("large", {"driver/gpu": {"name": GPU, "quantity": 8}})))

    def run() -> str:
        found = json.loads(bare.kubectl("get", "sparkapplications", "-n", TENANT, "-o", "json"))["items"]
        names = [one["metadata"]["name"] for one in found]
        return next((name for name in names if name.startswith("large-")), "")

    name = until("it has sent one", run)
    made = driver(bare, name)
    assert made["spec"]["containers"][0]["resources"]["limits"][GPU] == "8"
    told = until("its queue looks at it", lambda: (_workload(bare, f"{name}-driver") or {}).get("status"))
    assert "admission" not in told
    assert gated(driver(bare, name))
    bare.kubectl("delete", "scheduledsparkapplication", "large", "-n", TENANT, "--timeout=120s")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"driver/labels": None}, "drivers wait in a queue"),
        ({"executor/labels": {"a": "b"}}, "executors wait in a queue"),
        ({"executor/labels": {labels.QUEUE: ""}}, "executors wait in a queue"),
        ({"mode": "client"}, "mode must be cluster"),
        ({"mainApplicationFile": "--deploy-mode=client"}, "takes what has no such beginning for an option"),
        ({"mainApplicationFile": ""}, "mainApplicationFile must name"),
        ({"sparkConf": {"spark.kubernetes.namespace": "team-b"}}, "sparkConf has a setting"),
        ({"sparkConf": {"spark.kubernetes.kerberos.krb5.path": "/etc/passwd"}}, "sparkConf has a setting"),
        ({"hadoopConf": {"hadoop.security.group.mapping": "x"}}, "hadoopConf says"),
        ({"deps": {"packages": ["a:b:1"]}}, "deps.packages is not offered"),
        ({"deps": {"repositories": ["https://host.example/x"]}}, "deps.packages is not offered"),
        ({"deps": {"files": ["local:///a,/var/run/secrets/x"]}}, "deps.files must name"),
        ({"driver/template": {"metadata": {"namespace": "team-b"}}}, "driver.template names no namespace"),
        (
            {"driverIngressOptions": [{"servicePort": 1, "servicePortName": "x", "ingressURLFormat": "x"}]},
            "driverIngressOptions is not offered",
        ),
    ],
)
def test_what_would_run_past_the_queue_or_with_the_operators_rights_is_refused(
    bare: Bare, change: Mapping[str, Any], said: str
) -> None:
    made = application("no", change)
    for one in (made, by_the_clock(made)):
        [told] = bare.refusals([one])
        assert said in told, one["kind"]


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"deps": {"jars": ["local:///a.jar", "https://host.example/b.jar"]}},
        {"dynamicAllocation": {"enabled": True}},
        {
            "sparkConf": {
                "spark.sql.shuffle.partitions": "4",
                "spark.executor.extraJavaOptions": "-XX:+UseSerialGC",
            }
        },
        {"hadoopConf": {"fs.s3a.endpoint": "https://host.example"}},
        {"driver/template": {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": []}}},
        {"mainApplicationFile": "s3a://bucket/a.py"},
    ],
)
def test_what_is_right_is_let_in(bare: Bare, change: Mapping[str, Any]) -> None:
    made = application("yes", change)
    assert bare.refusals([made, by_the_clock(made)]) == []


def pod(**meta: Any) -> dict[str, Any]:
    """As a driver makes one."""
    sealed = {**APPLICATION["spec"]["driver"]["securityContext"], "runAsNonRoot": True, "runAsUser": 185}
    sealed["seccompProfile"] = {"type": "RuntimeDefault"}
    named = {"name": "made-by-hand", "namespace": TENANT, **meta}
    box = {"name": "x", "image": "x", "securityContext": sealed}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": named, "spec": {"containers": [box]}}


def as_driver(bare: Bare, made: Mapping[str, Any]) -> str:
    told = ("create", "--dry-run=server", "-o", "json", "-f", "-", "--as", DRIVER)
    return bare.kubectl(*told, given=made, check=False)


def test_a_driver_makes_no_pod_that_does_not_wait(bare: Bare) -> None:
    """Its program is the tenant's: it may do all that its account may."""
    mark = {place.LAUNCHED: "true"}
    assert gated(json.loads(as_driver(bare, pod(labels={**mark, labels.QUEUE: QUEUE}))))
    assert gated(json.loads(as_driver(bare, pod(labels=mark))))
    assert "no mark by which Kueue would hold it back" in as_driver(bare, pod())
    other = {"kueue.x-k8s.io/prebuilt-workload-name": "another"}
    assert "waits by itself" in as_driver(bare, pod(labels={**mark, **other}))
    suspending = {"kueue.x-k8s.io/pod-suspending-parent": "x"}
    assert "waits by itself" in as_driver(bare, pod(labels=mark, annotations=suspending))
    elsewhere = pod(labels=mark)
    elsewhere["metadata"]["namespace"] = NAMESPACE
    assert "forbidden" in as_driver(bare, elsewhere)


def test_a_driver_takes_away_executors_alone_and_changes_none(bare: Bare) -> None:
    bare.make(pod())
    one = ("pod", "made-by-hand", "-n", TENANT, "--as", DRIVER)
    assert "executors alone" in bare.kubectl("delete", *one, check=False)
    path = f"--raw=/api/v1/namespaces/{TENANT}/pods"
    assert "executors alone" in bare.kubectl("delete", path, "--as", DRIVER, check=False)
    assert bare.get("pod", "made-by-hand", TENANT)
    assert "forbidden" in bare.kubectl("label", *one, "a=b", check=False)
    bare.kubectl("label", "pod", "made-by-hand", "-n", TENANT, f"{place.ROLE}={place.EXECUTOR}")
    bare.kubectl("delete", *one, "--wait=false")
