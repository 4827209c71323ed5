"""The clients that users know, as they are published, against the platform: Kubeflow's SDK and Hera.

They run as a person does who is a member of one tenant: with a certificate that names her group, and no right more.
"""

from __future__ import annotations

import base64
import os
import subprocess
from pathlib import Path

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

from e2e.stage import IMAGE, ROOT, Stage, until
from fairlead.workload.frameworks import FRAMEWORKS

pytestmark = pytest.mark.e2e

TENANT, MEMBER = "team-a", "ada"
HERE = Path(__file__).parent / "clients"


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python with the clients as their lock pins them, apart from this project's own."""
    folder, uv = tmp_path_factory.mktemp("clients") / "venv", str(ROOT / ".venv" / "bin" / "uv")
    found = folder / "bin" / "python"
    subprocess.run([uv, "venv", "-q", str(folder)], check=True)
    lock = ["--require-hashes", "-r", str(HERE / "requirements.txt")]
    subprocess.run([uv, "pip", "install", "-q", "--python", str(found), *lock], check=True)
    return found


@pytest.fixture(scope="module")
def kubeconfig(tools: Stage, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a member has: the cluster's address, her own certificate, her tenant's namespace."""
    key = ec.generate_private_key(ec.SECP256R1())
    names = [
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, TENANT),
        x509.NameAttribute(NameOID.COMMON_NAME, MEMBER),
    ]
    asked = x509.CertificateSigningRequestBuilder().subject_name(x509.Name(names)).sign(key, SHA256())
    pem = asked.public_bytes(serialization.Encoding.PEM)
    spec = {
        "request": base64.b64encode(pem).decode(),
        "signerName": "kubernetes.io/kube-apiserver-client",
        "usages": ["client auth"],
        "expirationSeconds": 3600,
    }
    meta = {"name": MEMBER}
    tools.kubectl("delete", "csr", MEMBER, "--ignore-not-found")
    tools.apply(
        {
            "apiVersion": "certificates.k8s.io/v1",
            "kind": "CertificateSigningRequest",
            "metadata": meta,
            "spec": spec,
        }
    )
    tools.kubectl("certificate", "approve", MEMBER)
    given = until(
        "it is signed", lambda: tools.kubectl("get", "csr", MEMBER, "-o", "jsonpath={.status.certificate}")
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    mine = yaml.safe_load(tools.kubeconfig.read_text())
    user = {"client-certificate-data": given, "client-key-data": base64.b64encode(secret).decode()}
    context = {"cluster": mine["clusters"][0]["name"], "user": MEMBER, "namespace": TENANT}
    mine |= {
        "users": [{"name": MEMBER, "user": user}],
        "contexts": [{"name": MEMBER, "context": context}],
        "current-context": MEMBER,
    }
    file = tmp_path_factory.mktemp("member") / "kubeconfig"
    file.touch(0o600)
    file.write_text(yaml.safe_dump(mine))
    return file


def ran(python: Path, kubeconfig: Path, program: str, *arguments: str) -> str:
    """What a client's program printed, which must end well."""
    done = subprocess.run(
        [str(python), str(HERE / program), *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
        env={**os.environ, "KUBECONFIG": str(kubeconfig)},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_kubeflows_sdk_finds_the_runtimes_trains_waits_and_reads_the_logs(
    python: Path, kubeconfig: Path
) -> None:
    said = ran(python, kubeconfig, "train.py").splitlines()
    runtimes = {line.split()[1]: line.split()[2:] for line in said if line.startswith("runtime ")}
    for name in FRAMEWORKS:
        assert runtimes[f"{name}-distributed"][0] == name
        assert runtimes[f"{name}-distributed-h100"][1] == "gpu"
    assert not [name for name in runtimes if name.startswith("fairlead")], "those are for job files"
    assert "status Complete node-0=Succeeded node-1=Succeeded" in [
        " ".join(["status", line.split()[1], *sorted(line.split()[2:])])
        for line in said
        if line.startswith("status ")
    ]
    # Alone, node 0 would learn 1 and node 1 would learn 2.
    assert {line for line in said if " learnt " in line} == {
        f"node {rank} of 2 learnt 1.500" for rank in (0, 1)
    }
    assert said[-1] == "left []"


def test_a_member_trains_in_no_other_tenants_namespace(tools: Stage, kubeconfig: Path) -> None:
    asked = ["--kubeconfig", str(kubeconfig), "auth", "can-i"]

    def may(*what: str) -> bool:
        return "yes" in tools.kubectl(*asked, *what, check=False).split()

    assert may("create", "trainjobs")
    assert may("list", "clustertrainingruntimes")
    assert not may("create", "trainjobs", "-n", "team-b")
    assert not may("create", "trainingruntimes")
    assert not may("update", "clustertrainingruntimes")


def test_a_workflow_that_is_written_with_hera_succeeds(python: Path, kubeconfig: Path) -> None:
    said = ran(python, kubeconfig, "flow.py", IMAGE, TENANT)
    assert " Succeeded" in said.splitlines()[0], said
    assert "step first Succeeded 4" in said
    assert "step second Succeeded 8" in said
