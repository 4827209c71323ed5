"""The object store in the cluster: the real SeaweedFS, the client that everybody uses, and tokens in place of keys."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from e2e.stage import IMAGE, Stage
from e2e.tools.stranger import stranger
from fairlead import labels
from fairlead.catalog import s3
from fairlead.layers.store import place

pytestmark = pytest.mark.e2e

SIGN_IN = """\
import os, time, urllib.error, urllib.parse, urllib.request
token = open(os.environ["AWS_WEB_IDENTITY_TOKEN_FILE"]).read()
asked = {"Action": "AssumeRoleWithWebIdentity", "Version": "2011-06-15", "RoleSessionName": "job",
         "RoleArn": os.environ["AWS_ROLE_ARN"], "WebIdentityToken": token}
body = urllib.parse.urlencode(asked).encode()
for _ in range(20):  # a policy engine takes a moment to know a new pod; SDKs try again too
    try:
        answer = urllib.request.urlopen(os.environ["AWS_ENDPOINT_URL_STS"], body, 20).read().decode()
        break
    except urllib.error.URLError as error:
        answer = str(error)
        time.sleep(1)
print("signed in" if "<SessionToken>" in answer else answer)
"""


@pytest.fixture
def store(tools: Stage) -> Stage:
    """A platform that keeps its objects itself."""
    return tools


@pytest.fixture
def endpoint(store: Stage) -> Iterator[str]:
    """The store's address from this machine, through the API server."""
    with forwarded(store) as found:
        yield found


@contextmanager
def forwarded(stage: Stage) -> Iterator[str]:
    with stage.forwarded(place.NAMESPACE, place.NAME, place.PORT) as port:
        yield f"http://127.0.0.1:{port}"


def token(
    stage: Stage, tenant: str, audience: str = place.AUDIENCE, account: str = labels.WORKLOAD_ACCOUNT
) -> str:
    """A token of a service account of a tenant, as the API server makes them for pods."""
    return stage.kubectl("create", "token", account, "-n", tenant, f"--audience={audience}").strip()


def session(endpoint: str, role: str, signed: str) -> Any:
    """boto3 with what the store gives for a token."""
    sts = boto3.client(
        "sts", endpoint_url=endpoint, region_name=s3.REGION, config=Config(signature_version=UNSIGNED)
    )
    given = sts.assume_role_with_web_identity(
        RoleArn=s3.role(role), RoleSessionName="test", WebIdentityToken=signed
    )["Credentials"]
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name=s3.REGION,
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
    )


def refusal(call: Any, **arguments: Any) -> int:
    """The HTTP status with which a call is refused."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response["ResponseMetadata"]["HTTPStatusCode"]


def test_the_layer_is_healthy_and_the_contract_is_kept(store: Stage) -> None:
    line = next(line for line in store.fairlead("status").splitlines() if line.startswith("store"))
    assert "healthy" in line
    rules = {
        one["rule"]: one for one in json.loads(store.fairlead("contract", "check", "-o", "json"))["rules"]
    }
    assert {name: rules[name]["status"] for name in ("C4", "C5")} == {"C4": "met", "C5": "met"}


def test_a_tenant_keeps_objects_by_the_token_of_its_service_account(store: Stage, endpoint: str) -> None:
    own = session(endpoint, "fairlead-team-a", token(store, "team-a"))
    own.put_object(Bucket="fairlead-team-a", Key="weights/a.txt", Body=b"weights")
    assert own.get_object(Bucket="fairlead-team-a", Key="weights/a.txt")["Body"].read() == b"weights"
    listed = own.list_objects_v2(Bucket="fairlead-team-a", Prefix="weights/")
    assert [one["Key"] for one in listed["Contents"]] == ["weights/a.txt"]
    parts = own.create_multipart_upload(Bucket="fairlead-team-a", Key="big")
    done = own.upload_part(
        Bucket="fairlead-team-a", Key="big", UploadId=parts["UploadId"], PartNumber=1, Body=b"x" * (5 << 20)
    )
    own.complete_multipart_upload(
        Bucket="fairlead-team-a",
        Key="big",
        UploadId=parts["UploadId"],
        MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": done["ETag"]}]},
    )
    assert own.head_object(Bucket="fairlead-team-a", Key="big")["ContentLength"] == 5 << 20
    own.delete_object(Bucket="fairlead-team-a", Key="big")
    assert refusal(own.head_object, Bucket="fairlead-team-a", Key="big") == 404


def test_nobody_comes_to_the_part_of_another(store: Stage, endpoint: str) -> None:
    session(endpoint, "fairlead-team-a", token(store, "team-a")).put_object(
        Bucket="fairlead-team-a", Key="secret", Body=b"x"
    )
    other = session(endpoint, "fairlead-team-b", token(store, "team-b"))
    assert refusal(other.get_object, Bucket="fairlead-team-a", Key="secret") == 403
    assert refusal(other.put_object, Bucket="fairlead-team-a", Key="mine", Body=b"x") == 403
    assert refusal(other.list_objects_v2, Bucket="fairlead-team-a") == 403
    assert refusal(other.create_bucket, Bucket="own") == 403
    nobody = boto3.client(
        "s3", endpoint_url=endpoint, region_name=s3.REGION, config=Config(signature_version=UNSIGNED)
    )
    assert refusal(nobody.get_object, Bucket="fairlead-team-a", Key="secret") == 403


@pytest.mark.parametrize(
    ("tenant", "audience", "account"),
    [
        ("team-b", place.AUDIENCE, labels.WORKLOAD_ACCOUNT),
        ("team-a", "somebody-else", labels.WORKLOAD_ACCOUNT),
        ("team-a", place.AUDIENCE, "default"),
    ],
)
def test_a_role_opens_to_no_other_tenant_token_or_account(
    store: Stage, endpoint: str, tenant: str, audience: str, account: str
) -> None:
    signed = token(store, tenant, audience, account)
    with pytest.raises(ClientError) as caught:
        session(endpoint, "fairlead-team-a", signed)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] in (400, 403)


def test_a_token_of_another_key_is_refused(store: Stage, endpoint: str) -> None:
    head, body, signature = token(store, "team-a").split(".")
    forged = f"{head}.{body}.{signature[:-8]}{'A' * 8}"
    with pytest.raises(ClientError):
        session(endpoint, "fairlead-team-a", forged)


def test_a_job_signs_in_without_being_told_anything(store: Stage) -> None:
    job = store.submit(
        name="signs-in", image=IMAGE, run=f"python3 -c '{SIGN_IN}'", cpus="0.1", memory="128Mi"
    )
    phase = store.finished(job)
    [pod] = store.pods(job)
    told = store.kubectl("logs", pod["metadata"]["name"], "-n", job.tenant)
    assert (phase, told.strip()) == ("Succeeded", "signed in")


def test_a_pod_outside_the_tenants_cannot_call_it(store: Stage) -> None:
    assert "URLError" in stranger(store, f"{place.ENDPOINT}/healthz")


def test_objects_and_sessions_outlive_the_pod(store: Stage) -> None:
    with forwarded(store) as endpoint:
        own = session(endpoint, "fairlead-team-a", token(store, "team-a"))
        own.put_object(Bucket="fairlead-team-a", Key="kept", Body=b"still here")
        keys = own._request_signer._credentials.get_frozen_credentials()
    store.kubectl("delete", "pod", f"{place.NAME}-0", "-n", place.NAMESPACE)
    store.kubectl("rollout", "status", f"statefulset/{place.NAME}", "-n", place.NAMESPACE, "--timeout=120s")
    with forwarded(store) as endpoint:
        again = boto3.client(
            "s3",
            endpoint_url=endpoint,
            region_name=s3.REGION,
            aws_access_key_id=keys.access_key,
            aws_secret_access_key=keys.secret_key,
            aws_session_token=keys.token,
        )
        assert again.get_object(Bucket="fairlead-team-a", Key="kept")["Body"].read() == b"still here"


def test_nobody_but_the_volume_has_the_signing_key(store: Stage) -> None:
    key = store.kubectl("exec", f"{place.NAME}-0", "-n", place.NAMESPACE, "--", "cat", "/data/signing-key")
    assert len(key) == 44
    assert key not in store.kubectl("get", "configmaps,secrets,pods,statefulsets", "-A", "-o", "json")
    state = store.stack.run_dir / "pulumi" / "state"
    files = [path.read_text() for path in state.rglob("*.json")]
    assert files
    assert not any(key in text for text in files)


def test_the_api_server_tells_strangers_its_public_keys_and_nothing_else(store: Stage) -> None:
    server = store.kubectl("config", "view", "--minify", "-o", "jsonpath={.clusters[0].cluster.server}")
    blind = ssl._create_unverified_context()
    with urlopen(f"{server}/openid/v1/jwks", timeout=20, context=blind) as answer:
        assert json.load(answer)["keys"]
    for path in ("/version", "/api/v1/namespaces", "/healthz"):
        with pytest.raises(HTTPError) as caught:
            urlopen(f"{server}{path}", timeout=20, context=blind)
        assert caught.value.code == 401


@pytest.fixture(autouse=True)
def _no_credentials_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
