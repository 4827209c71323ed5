"""No report shows a secret: canaries stand wherever somebody can give one, on both sides of a change."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import date
from typing import Any

import pulumi
import pytest
from made import CONFIG_MAP, SECRET, made, preview
from support.clouds import cloud_plan

from fairlead.catalog.read import load
from fairlead.declared.record import record
from fairlead.preview import report
from fairlead.preview.document import to_document
from fairlead.preview.markdown import to_markdown
from fairlead.preview.model import Preview, Resource, Since
from fairlead.preview.sarif import to_sarif
from fairlead.preview.secrecy import HIDDEN, Veil
from fairlead.preview.text import to_text
from fairlead.rules.model import Finding

OLD, NEW = "c4nary-0ld-Zq8", "c4nary-n3w-Xk5"
DEPLOYMENT, DATABASE = "kubernetes:apps/v1:Deployment", "aws:rds/instance:Instance"
BUCKET, QUEUE, PROVIDER = "aws:s3/bucket:Bucket", "aws:sqs/queue:Queue", "pulumi:providers:kubernetes"


def kubeconfig(canary: str) -> str:
    user = {
        "name": "u",
        "user": {"token": canary, "client-key-data": base64.b64encode(canary.encode()).decode()},
    }
    return json.dumps({"users": [user]})


def environment(canary: str) -> Any:
    variables = [
        {"name": "DB_PASSWORD", "value": canary},
        {"name": "API_TOKEN", "value": canary},
        {"name": "DATABASE_URL", "value": f"postgresql://app:{canary}@db:5432/app"},
        {"name": "STORE", "value": f"Endpoint=sb://x/;SharedAccessKey={canary};EntityPath=y"},
    ]
    container = {"name": "c", "env": variables, "args": [f"--auth-token={canary}", f"--password {canary}"]}
    return {"metadata": {"name": "d"}, "spec": {"template": {"spec": {"containers": [container]}}}}


PLACES: Mapping[str, Any] = {
    "data of a Secret": lambda c: (SECRET, {"metadata": {"name": "s"}, "data": {"plain": c, "key": c}}),
    "text of a Secret": lambda c: (SECRET, {"metadata": {"name": "s"}, "stringData": {"conf": f"a: {c}"}}),
    "variables and arguments of a pod": lambda c: (DEPLOYMENT, environment(c)),
    "a password": lambda c: (DATABASE, {"identifier": "d", "password": c, "masterUserPassword": c}),
    "a connection string": lambda c: (QUEUE, {"name": "q", "connectionString": f"Server=x;Password={c}"}),
    "a kubeconfig": lambda c: (PROVIDER, {"kubeconfig": kubeconfig(c)}),
    "a file of a ConfigMap": lambda c: (
        CONFIG_MAP,
        {
            "metadata": {"name": "m"},
            "data": {"app.ini": f"[db]\npassword = {c}\n", "x.yaml": f"secret: '{c}'\n"},
        },
    ),
    "a note of kubectl": lambda c: (
        CONFIG_MAP,
        {"metadata": {"name": "m", "annotations": {"kubectl.kubernetes.io/last-applied-configuration": c}}},
    ),
    "a whole block": lambda c: (BUCKET, {"bucket": "b", **({} if c == OLD else {"more": {"secretKey": c}})}),
}
"""Where -> the type and the inputs of a resource with the canary there."""


def reports(made_up: Preview) -> dict[str, str]:
    return {
        "text": to_text(made_up),
        "markdown": to_markdown(made_up),
        "json": json.dumps(to_document([made_up])),
        "sarif": json.dumps(to_sarif([made_up])),
    }


def of(before: list[Resource], after: list[Resource], **options: Any) -> Preview:
    """A whole preview, as the command makes it."""
    plan = cloud_plan("aws")
    sides = [report.Side([vars(one) for one in many], plan) for many in (before, after)]
    since = options.pop("since", Since("main", "ref"))
    return report.preview("lab", "stacks/Pulumi.lab.yaml", *sides, since, date(2026, 11, 30), load())


@pytest.mark.parametrize("place", sorted(PLACES))
@pytest.mark.parametrize("change", ["created", "changed", "deleted"])
def test_no_report_shows_a_secret(place: str, change: str) -> None:
    (kind, first), (_, second) = PLACES[place](OLD), PLACES[place](NEW)
    before = [] if change == "created" else [made(kind, "one", first)]
    after = [] if change == "deleted" else [made(kind, "one", second)]
    found = of(before, after)
    assert found.changes, "that something changes is said"
    for form, text in reports(found).items():
        for canary in (OLD, NEW):
            for shape in (canary, base64.b64encode(canary.encode()).decode()):
                assert shape not in text, f"{form} shows it"


def test_a_secret_that_others_repeat_is_hidden_there_too() -> None:
    told = f"the value {NEW} is weak"
    veil = Veil([made(SECRET, "s", {"data": {"a": NEW}})])
    assert veil.text(told) == f"the value {HIDDEN} is weak"


def test_findings_are_shown_without_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    def loud(*_: Any, **__: Any) -> list[Finding]:
        return [Finding("r", "T", "mandatory", "u", "t", "n", "p", f"bad: {NEW}", NEW, NEW, f"not {NEW}")]

    monkeypatch.setattr(report, "judge", loud)
    found = of([], [made(SECRET, "s", {"metadata": {"name": "s"}, "stringData": {"a": NEW}})])
    assert found.findings[-1].what == f"bad: {HIDDEN}"
    for form, text in reports(found).items():
        assert NEW not in text, form


def test_what_a_program_marks_as_secret_never_leaves_it_and_still_tells_that_it_changed() -> None:
    def program(value: str) -> Any:
        def build() -> None:
            props = {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"name": "c"},
                "data": {"a": pulumi.Output.secret(value)},
            }
            pulumi.CustomResource(CONFIG_MAP, "c", props)

        return build

    first, same, other = (record(program(value), "lab", key=b"k") for value in (OLD, OLD, NEW))
    blind = record(program(OLD), "lab")
    assert first[0].inputs == same[0].inputs
    assert first[0].inputs != other[0].inputs
    assert HIDDEN in str(blind[0].inputs["data"])
    text = json.dumps([one[0].inputs for one in (first, other)])
    assert OLD not in text
    assert NEW not in text
    resources = [Resource.of(vars(one[0])) for one in (first, other)]
    found = of(resources[:1], resources[1:])
    assert [one.verdict for one in found.changes] == ["replace"]
    assert (found.changes[0].fields[0].old, found.changes[0].fields[0].new) == (HIDDEN, HIDDEN)


@pytest.mark.parametrize(
    "value",
    [
        {"secretName": "store-certificate"},
        {"valueFrom": {"secretKeyRef": {"name": "store", "key": "password"}}},
        {"tokenPath": "/var/run/secrets/token", "automountServiceAccountToken": False},
        {"metadataOptions": {"httpTokens": "required"}},
        {"passwordSecretArn": "${aws:rds/instance:Instance::d.masterUserSecret.secretArn}"},
    ],
)
def test_what_only_says_where_a_secret_is_stays_readable(value: dict[str, Any]) -> None:
    one = made(BUCKET, "b", value)
    assert Veil([one]).value(one, (), value) == value


def test_names_in_a_secret_stay_readable() -> None:
    one = made(SECRET, "s", {"metadata": {"name": "s"}, "data": {"password": NEW}})
    assert Veil([one]).value(one, ("data",), one.inputs["data"]) == {"password": HIDDEN}


def test_reports_without_changes_are_short() -> None:
    assert to_text(preview([])) == "Stack lab (aws) against main (1a2b3c4d5e6f): no resources\n"
