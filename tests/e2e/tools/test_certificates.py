"""Certificates: the real cert-manager issues by the platform's authority, renews, injects and refuses."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from cryptography import x509

from e2e.stage import Stage, until
from fairlead.layers.certificates.authority import API, ROOT
from fairlead.plan.certificates_model import ISSUER, NAMESPACE

pytestmark = pytest.mark.e2e

HOST = "thing.fairlead-certificates.svc"


def certificate(name: str, **spec: Any) -> dict[str, Any]:
    told = {
        "secretName": name,
        "dnsNames": [HOST],
        "privateKey": {"algorithm": "ECDSA", "rotationPolicy": "Always"},
        "issuerRef": {"name": ISSUER, "kind": "ClusterIssuer", "group": "cert-manager.io"},
    }
    meta = {"name": name, "namespace": NAMESPACE}
    return {"apiVersion": API, "kind": "Certificate", "metadata": meta, "spec": {**told, **spec}}


def secret(stage: Stage, name: str) -> dict[str, bytes]:
    found = stage.kubectl("get", "secret", name, "-n", NAMESPACE, "-o", "json", "--ignore-not-found")
    data = json.loads(found)["data"] if found else {}
    return {key: base64.b64decode(value) for key, value in data.items()}


@pytest.fixture(scope="module")
def issued(tools: Stage) -> Stage:
    """A platform on which a certificate was asked for, and is there."""
    tools.apply(certificate("thing"))
    tools.kubectl("wait", "--for=condition=Ready", "certificate/thing", "-n", NAMESPACE, "--timeout=60s")
    return tools


def test_the_layer_is_healthy(tools: Stage) -> None:
    [line] = [one for one in tools.fairlead("status").splitlines() if one.startswith("certificates")]
    assert "healthy" in line


def test_a_certificate_is_signed_by_the_platforms_authority_for_the_name_that_was_asked(
    issued: Stage,
) -> None:
    data = secret(issued, "thing")
    leaf = x509.load_pem_x509_certificate(data["tls.crt"])
    root = x509.load_pem_x509_certificate(secret(issued, ROOT)["tls.crt"])
    leaf.verify_directly_issued_by(root)
    assert data["ca.crt"] == secret(issued, ROOT)["tls.crt"]
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == [HOST]
    assert root.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    days = (root.not_valid_after_utc - root.not_valid_before_utc).days
    assert days == 3650


def test_a_lost_certificate_is_made_anew_with_another_key(issued: Stage) -> None:
    before = secret(issued, "thing")["tls.key"]
    issued.kubectl("delete", "secret", "thing", "-n", NAMESPACE)
    after = until("the certificate is back", lambda: secret(issued, "thing").get("tls.key"), 60)
    assert after != before


def test_a_certificate_is_renewed_before_its_time_is_over(issued: Stage) -> None:
    issued.apply(certificate("short", duration="1h", renewBefore="59m55s"))
    first = until("it is there", lambda: secret(issued, "short").get("tls.crt"), 60)
    again = until("it is another", lambda: secret(issued, "short").get("tls.crt") != first, 60)
    assert again
    issued.kubectl("delete", "certificate", "short", "-n", NAMESPACE)


def test_the_authority_is_written_into_objects_that_ask_for_it(issued: Stage) -> None:
    hook = {
        "name": "nothing.example.com",
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "failurePolicy": "Ignore",
        "clientConfig": {"service": {"name": "nothing", "namespace": NAMESPACE, "path": "/"}},
        "rules": [],
    }
    note = {"cert-manager.io/inject-ca-from": f"{NAMESPACE}/thing"}
    named = {"name": "fairlead-asks", "annotations": note}
    kind = "ValidatingWebhookConfiguration"
    issued.apply(
        {"apiVersion": "admissionregistration.k8s.io/v1", "kind": kind, "metadata": named, "webhooks": [hook]}
    )

    def told() -> str:
        path = "jsonpath={.webhooks[0].clientConfig.caBundle}"
        return issued.kubectl("get", kind, "fairlead-asks", "-o", path)

    bundle = until("the authority is there", told, 60)
    assert base64.b64decode(bundle) == secret(issued, ROOT)["tls.crt"]
    issued.kubectl("delete", kind, "fairlead-asks")


def test_what_can_never_be_issued_is_refused_at_once(issued: Stage) -> None:
    wrong = json.dumps(certificate("wrong", duration="1h", renewBefore="2h"))
    said = issued.kubectl("create", "-f", "-", given=json.loads(wrong), check=False)
    assert "renewBefore" in said
    assert "denied" in said or "Invalid" in said


def test_the_key_of_the_authority_is_in_no_state(issued: Stage) -> None:
    key = secret(issued, ROOT)["tls.key"].decode().splitlines()[1]
    texts = [path.read_text() for path in (issued.stack.run_dir / "pulumi" / "state").rglob("*.json")]
    assert texts
    assert not any(key in text for text in texts)


def test_a_certificate_signs_no_other(issued: Stage) -> None:
    leaf = x509.load_pem_x509_certificate(secret(issued, "thing")["tls.crt"])
    assert not leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    usage = leaf.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.digital_signature
    assert not usage.key_cert_sign
