"""Kubeflow Pipelines' objects: valid, confined, fenced, without a key, and told only what release 2.17.0 reads."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest
from pod_security import restricted_violations
from support import kfp
from support.pipelines import DATABASE, HERE, IMAGES, TARGETS, Made, made
from support.strict import problems

from fairlead import labels
from fairlead.catalog import lock
from fairlead.layers.pipelines import agents, api, artifacts, place, store
from fairlead.layers.store import place as own_store
from fairlead.plan import pipelines_model as model

PROGRAMS = {
    place.API: model.API,
    place.AGENT: model.AGENT,
    place.SCHEDULES: model.SCHEDULES,
    place.METADATA: model.METADATA,
}
"""Program -> its image of the lock."""
KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "MINIO_ACCESS_KEY", "MINIO_SECRET_KEY")


@cache
def here(target: str = "aws") -> Made:
    return made(target, replicas=2)


def pod(name: str, target: str = "aws") -> Any:
    return here(target).one("Deployment", name)["spec"]["template"]["spec"]


def told(**pipelines: Any) -> Any:
    """The API server's config.json."""
    found = made("aws", **pipelines) if pipelines else here()
    return json.loads(found.one("ConfigMap", api.SETTINGS)["data"]["config.json"])


def flat(settings: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in settings.items():
        name = f"{above}{key}"
        inner = hasattr(value, "items") and name != "DBConfig.MySQLConfig.ExtraParams"
        found |= flat(value, f"{name}.") if inner else {name: value}
    return found


def variables(box: Mapping[str, Any]) -> dict[str, Any]:
    return {one["name"]: one.get("value", one.get("valueFrom")) for one in box.get("env", [])}


def flags(box: Mapping[str, Any]) -> dict[str, str]:
    return dict(one.removeprefix("--").split("=", 1) for one in box["args"])


# ---- what is made ------------------------------------------------------------------------------


@pytest.mark.parametrize("target", TARGETS)
def test_every_object_keeps_its_schema(target: str) -> None:
    objects = [one for one in here(target).objects if one["kind"] != "CustomResourceDefinition"]
    assert len(objects) >= 40
    assert [problem for one in objects for problem in problems(one)] == []


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_pod_keeps_the_standard_on_the_platforms_nodes_within_limits(name: str) -> None:
    template = here().one("Deployment", name)["spec"]["template"]
    assert restricted_violations(template) == []
    spec = template["spec"]
    assert spec["nodeSelector"] == HERE
    assert spec["enableServiceLinks"] is False
    for box in (*spec["containers"], *spec.get("initContainers", [])):
        assert box["securityContext"]["readOnlyRootFilesystem"] is True
        assert set(box["resources"]) == {"requests", "limits"}
    assert here().box(name)["image"] == IMAGES[PROGRAMS[name]]
    space = here().one("Namespace", model.NAMESPACE)["metadata"]["labels"]
    assert space == {"pod-security.kubernetes.io/enforce": "restricted"}


def test_images_are_of_the_release_and_the_metadata_server_of_the_one_it_is_made_with() -> None:
    tags = {name: lock.images()[name].tag for name in model.IMAGES}
    assert tags.pop(model.METADATA) == "1.14.0"
    assert set(tags.values()) == {kfp.RELEASE}
    assert all(lock.images()[name].build is None and lock.images()[name].no_digest for name in model.IMAGES)


def test_the_api_may_be_several_with_a_budget_and_the_others_never_are() -> None:
    found = {one["metadata"]["name"]: one for one in here().objects if one["kind"] == "Deployment"}
    assert {name: one["spec"]["replicas"] for name, one in found.items()} == {
        **dict.fromkeys(PROGRAMS, 1),
        place.API: 2,
    }
    kinds = {name: one["spec"]["strategy"]["type"] for name, one in found.items()}
    assert kinds == {**dict.fromkeys(PROGRAMS, "Recreate"), place.API: "RollingUpdate"}
    budgets = [one for one in here().objects if one["kind"] == "PodDisruptionBudget"]
    assert [one["spec"]["selector"] for one in budgets] == [found[place.API]["spec"]["selector"]]
    assert not [one for one in made("aws", replicas=1).objects if one["kind"] == "PodDisruptionBudget"]
    [spread] = found[place.API]["spec"]["template"]["spec"]["topologySpreadConstraints"]
    assert spread["labelSelector"] == found[place.API]["spec"]["selector"]


def test_readiness_is_asked_of_every_program_but_the_agent_which_listens_nowhere() -> None:
    asked = {name for name in PROGRAMS if "readinessProbe" in here().box(name)}
    assert asked == {*PROGRAMS} - {place.AGENT}
    assert "ports" not in here().box(place.AGENT)
    for name in asked:
        box = here().box(name)
        probe = box["readinessProbe"]
        port = probe.get("httpGet", probe.get("tcpSocket"))["port"]
        assert port in [one["containerPort"] for one in box["ports"]]


def test_services_have_the_names_that_the_programs_are_told_and_lead_to_their_pods() -> None:
    for service, program in ((place.API, place.API), (place.METADATA_SERVICE, place.METADATA)):
        spec = here().one("Service", service)["spec"]
        template = here().one("Deployment", program)["spec"]["template"]
        assert spec["selector"].items() <= template["metadata"]["labels"].items()
        ports = {one["targetPort"] for one in spec["ports"]}
        assert ports == {one["containerPort"] for one in here().box(program)["ports"]}
    assert told()["ML_PIPELINE_SERVICE_NAME"] == place.API
    assert told()["METADATA_SERVICE_NAME"] == place.METADATA_SERVICE
    assert told()["POD_NAMESPACE"] == model.NAMESPACE
    for name in (place.AGENT, place.SCHEDULES):
        assert flags(here().box(name))["mlPipelineAPIServerName"] == place.API


# ---- what the release reads ----------------------------------------------------------------------


def test_the_api_server_is_told_only_what_it_reads_and_all_without_which_it_ends() -> None:
    said = flat(told())
    assert set(said) <= kfp.CONFIG
    assert set(said) >= kfp.WANTED
    assert all(isinstance(value, str) for key, value in said.items() if key.isupper())


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_and_flags_are_those_of_the_release(name: str) -> None:
    box, image = here().box(name), PROGRAMS[name]
    assert box["command"] == [kfp.PROGRAMS[image]]
    assert set(flags(box)) <= kfp.FLAGS[image]


def test_variables_that_the_release_reads_from_the_environment_alone_are_there() -> None:
    said = variables(here().box(place.API))
    own = {"SSL_CERT_DIR", "AWS_EC2_METADATA_DISABLED"}
    database = {"DBCONFIG_MYSQLCONFIG_USER", "DBCONFIG_MYSQLCONFIG_PASSWORD"}
    assert set(said) - own - database <= kfp.API_VARIABLES
    assert {one.replace(".", "_").upper() for one in kfp.CONFIG} >= database
    assert said["V2_DRIVER_IMAGE"] == IMAGES[model.DRIVER]
    assert said["V2_LAUNCHER_IMAGE"] == IMAGES[model.LAUNCHER]


@pytest.mark.parametrize("name", [place.AGENT, place.SCHEDULES])
def test_the_controllers_find_a_token_for_the_api_where_they_look(name: str) -> None:
    [mount] = [one for one in here().box(name)["volumeMounts"] if one["name"] == "token"]
    [volume] = [one for one in pod(name)["volumes"] if one["name"] == "token"]
    token = volume["projected"]["sources"][0]["serviceAccountToken"]
    assert f"{mount['mountPath']}/{token['path']}" == kfp.TOKEN_FILES[PROGRAMS[name]]
    assert token["audience"] == told()["TOKEN_REVIEW_AUDIENCE"] == place.AUDIENCE
    # It is renewed when a fifth of its time is left: who reads it must do so before that fifth is over.
    read = int(flags(here().box(place.AGENT))["saTokenRefreshIntervalInSecs"])
    assert read < token["expirationSeconds"] / 5


# ---- who is known --------------------------------------------------------------------------------


def test_no_header_can_name_a_user_so_that_tokens_alone_do() -> None:
    said = told()
    assert said["MULTIUSER"] == "true"
    assert said["REQUIRE_NAMESPACE_FOR_PIPELINES"] == "true"
    assert said["MULTIUSER_SHARED_READ"] == "false"
    assert not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", said["KUBEFLOW_USERID_HEADER"])
    assert "userIdentityHeader" not in flags(here().box(place.SCHEDULES))


def test_the_cache_that_asks_nobody_is_off_unless_it_is_asked_for() -> None:
    assert told()["CacheEnabled"] == "false"
    assert told(cache=True)["CacheEnabled"] == "true"


def test_runs_are_the_tenants_own_and_no_step_is_roots() -> None:
    said = told()
    assert said["DEFAULTPIPELINERUNNERSERVICEACCOUNT"] == labels.WORKLOAD_ACCOUNT
    assert said["DEFAULT_SECURITY_CONTEXT_RUN_AS_NON_ROOT"] == "true"
    assert int(said["DEFAULT_SECURITY_CONTEXT_RUN_AS_USER"]) > 0
    assert said["BLOCK_V1_PIPELINES"] == "true"


# ---- no key, no password -------------------------------------------------------------------------


@pytest.mark.parametrize("target", TARGETS)
def test_nothing_holds_a_key_of_the_object_store(target: str) -> None:
    text = json.dumps([dict(one) for one in here(target).objects])
    assert not [key for key in KEYS if key in text]
    assert "minio" not in text
    said = told()["ObjectStoreConfig"]
    assert (said["AccessKey"], said["SecretAccessKey"]) == ("", "")
    assert variables(here().box(place.API))["AWS_EC2_METADATA_DISABLED"] == "true"


def test_the_databases_password_comes_from_the_secret_into_variables_and_into_no_argument() -> None:
    [writer] = pod(place.METADATA)["initContainers"]
    for box, password in (
        (here().box(place.API), "DBCONFIG_MYSQLCONFIG_PASSWORD"),
        (writer, "MYSQL_PASSWORD"),
    ):
        source = variables(box)[password]["secretKeyRef"]
        assert source == {"name": "pipelines-database", "key": "password"}
    for name in PROGRAMS:
        assert "$(" not in " ".join(here().box(name)["args"])
        assert not [one for one in here().box(name)["args"] if "password" in one]
    # And no pod has more of that secret in a file than what the server is checked against.
    for name in PROGRAMS:
        for volume in pod(name)["volumes"]:
            if "secret" in volume:
                assert volume["secret"]["items"] == [{"key": "ca.crt", "path": "ca.crt"}]


def test_mysql_is_called_over_tls_with_its_name_checked_by_both() -> None:
    said = told()["DBConfig"]["MySQLConfig"]
    assert (said["Host"], said["ExtraParams"]) == (DATABASE["host"], {"tls": "true"})
    assert variables(here().box(place.API))["SSL_CERT_DIR"] == place.DATABASE_FOLDER
    for name in (place.API, place.METADATA):
        mounts = {one["mountPath"] for one in here().box(name)["volumeMounts"]}
        assert place.DATABASE_FOLDER in mounts
    assert "verify_server_cert: true" in store.WRITE


def test_the_writer_quotes_what_a_password_may_have(tmp_path: Any) -> None:
    """The real shell: a password with quotes and backslashes stays one value of the file."""
    file = tmp_path / "settings.pbtxt"
    [writer] = pod(place.METADATA)["initContainers"]
    env = {one["name"]: one["value"] for one in writer["env"] if "value" in one}
    secret = 'a"b\\c$d`e'
    env |= {"FILE": str(file), "MYSQL_USER": "kfp", "MYSQL_PASSWORD": secret, "PATH": "/usr/bin:/bin"}
    subprocess.run(["/bin/sh", "-ec", store.WRITE], env=env, check=True)
    text = file.read_text()
    [quoted] = re.findall(r'^    password: "(.*)"$', text, re.MULTILINE)
    assert re.sub(r"\\(.)", r"\1", quoted) == secret
    assert (file.stat().st_mode & 0o777) == 0o600
    assert f'host: "{DATABASE["host"]}"' in text
    assert "port: 3306" in text
    assert 'database: "metadb"' in text
    mounted = {one["name"]: one["mountPath"] for one in here().box(place.METADATA)["volumeMounts"]}
    read = flags(here().box(place.METADATA))["metadata_store_server_config_file"]
    assert read == variables(writer)["FILE"] == f"{mounted['settings']}/{store.FILE}"


def test_pods_are_made_anew_when_their_settings_change() -> None:
    def mark(found: Made) -> str:
        template = found.one("Deployment", place.API)["spec"]["template"]
        return str(template["metadata"]["annotations"]["fairlead.dev/settings"])

    assert mark(made("aws")) == mark(made("aws"))
    assert mark(made("aws")) != mark(made("aws", cache=True))


# ---- where artefacts lie -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "root", "scheme"),
    [
        ("aws", "s3://lab/team-a/pipelines", "s3"),
        ("gcp", "gs://lab/team-a/pipelines", "gs"),
        ("onprem", "s3://fairlead-team-a/pipelines", "s3"),
    ],
)
def test_artefacts_go_to_the_tenants_own_part_by_the_pods_identity(
    target: str, root: str, scheme: str
) -> None:
    data = here(target).one("ConfigMap", artifacts.LAUNCHER)["data"]
    assert data["defaultPipelineRoot"] == root
    [(provider, found)] = json.loads(data["providers"]).items()
    assert provider == scheme
    assert set(found) == {"default"}
    assert set(found["default"]) <= kfp.PROVIDERS[scheme]
    assert found["default"]["credentials"] == {"fromEnv": True}


def test_plain_http_is_said_of_a_store_inside_the_cluster_alone() -> None:
    def provider(target: str) -> Any:
        return json.loads(here(target).one("ConfigMap", artifacts.LAUNCHER)["data"]["providers"])["s3"][
            "default"
        ]

    assert provider("onprem")["disableSSL"] is True
    assert provider("onprem")["endpoint"] == own_store.ENDPOINT
    assert provider("aws")["disableSSL"] is False


def test_a_store_that_the_launcher_does_not_read_is_refused() -> None:
    with pytest.raises(ValueError, match="s3:// or gs:// alone"):
        artifacts.launcher("abfs://c@a.dfs.example.com/team-a", "https://a.dfs.example.com", "x")


@pytest.mark.parametrize("target", TARGETS)
def test_steps_are_told_all_that_other_steps_are_told(target: str) -> None:
    """Of the object store and of MLflow: the settings of Argo's controller name these two ConfigMaps."""
    told = here(target).one("ConfigMap", artifacts.CONNECTION)["data"]
    assert told["FAIRLEAD_OBJECT_STORE_URI"].endswith("team-a")
    assert told["MLFLOW_TRACKING_URI"] == labels.TRACKING_URL
    assert told["MLFLOW_WORKSPACE"] == "team-a"


def test_steps_are_told_where_metadata_go_and_how_their_identity_opens_the_store() -> None:
    told = here("onprem").one("ConfigMap", artifacts.CONNECTION)["data"]
    assert (
        told["METADATA_GRPC_SERVICE_HOST"] == f"{place.METADATA_SERVICE}.{model.NAMESPACE}.svc.cluster.local"
    )
    assert told["METADATA_GRPC_SERVICE_PORT"] == str(place.METADATA_PORT)
    assert told["AWS_WEB_IDENTITY_TOKEN_FILE"] == f"{own_store.TOKEN_FOLDER}/token"
    assert not set(KEYS) & set(told)
    assert "AWS_WEB_IDENTITY_TOKEN_FILE" not in here("aws").one("ConfigMap", artifacts.CONNECTION)["data"]


def test_the_two_controllers_wait_for_the_api_and_for_argos_kinds() -> None:
    names = {one["metadata"]["name"] for one in here().controllers if one["kind"] == "Deployment"}
    assert names == {place.AGENT, place.SCHEDULES}
    assert agents.AGENT_TOKEN != agents.SCHEDULES_TOKEN
