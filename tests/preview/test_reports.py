"""How a preview reads: on a terminal, as a comment, for programs and for code scanning."""

from __future__ import annotations

import json
from typing import Any

import pytest
from made import BUCKET, CONFIG_MAP, SUBNET, VPC, made, preview, reference

from fairlead.preview import checks, words
from fairlead.preview.document import VERSION, to_document
from fairlead.preview.markdown import LONGEST, to_markdown
from fairlead.preview.model import MISSING, Decision, Field, Preview, mark
from fairlead.preview.sarif import to_sarif
from fairlead.preview.steps import steps
from fairlead.preview.text import to_text
from fairlead.rules.model import Finding


def finding(
    rule: str = "aws-bucket-private", level: Any = "mandatory", name: str = "store", **more: Any
) -> Finding:
    kind = more.pop("type", BUCKET)
    return Finding(rule, f"Title of {rule}", level, f"urn:{name}", kind, name, "acl", "is public", **more)


@pytest.fixture
def sample() -> Preview:
    """A network that is replaced, what follows from it, a bucket that may not go, and a new map."""
    old, new = (made(VPC, "net", {"cidrBlock": block}) for block in ("10.0.0.0/16", "10.1.0.0/16"))
    subnet = made(SUBNET, "nodes", {"vpcId": reference(old, "id")})
    store = made(BUCKET, "store", {"bucket": "store"}, protect=True)
    added = made(CONFIG_MAP, "map", {"metadata": {"name": "map"}})
    found = steps([old, subnet, store], [new, subnet, added])
    findings = (finding("change-protected-stays"), finding(given="public-read", fix="make it private"))
    decided = (Decision("pool h100", "machine p5.48xlarge -> p5e.48xlarge: the smallest with H100:8"),)
    return preview(found, findings=findings, decisions=decided, notes=("read this",))


def test_the_text_says_what_hurts_first(sample: Preview) -> None:
    text = to_text(sample)
    lines = text.splitlines()
    assert lines[0] == "Stack lab (aws) against main (1a2b3c4d5e6f): 1 to create, 2 to replace, 1 to delete"
    at = [text.index(f"{BUCKET} store"), text.index(f"{VPC} net"), text.index(f"{CONFIG_MAP} map")]
    assert at == sorted(at)
    assert "   - aws:s3/bucket:Bucket store (protected)" in lines
    assert "       cidrBlock: 10.0.0.0/16 -> 10.1.0.0/16, forces replacement" in lines
    assert (
        "       vpcId: (known after the change), forces replacement; net is replaced: its id is known after that"
        in lines
    )
    assert "  pool h100: machine p5.48xlarge -> p5e.48xlarge: the smallest with H100:8" in lines
    assert lines[-1] == "  read this"


def test_a_resource_of_which_nobody_knows_what_forces_a_replacement_is_told() -> None:
    old, new = (made("aws:nowhere/thing:Thing", "t", {"a": one}) for one in (1, 2))
    assert [(one.rule, one.level) for one in checks.findings(steps([old], [new]))] == [
        ("preview-unsure", "advisory")
    ]


def test_the_same_input_gives_the_same_reports(sample: Preview) -> None:
    again = preview(
        sample.steps[::-1], findings=sample.findings, decisions=sample.decisions, notes=sample.notes
    )
    assert to_text(again) == to_text(sample)
    assert to_markdown(again) == to_markdown(sample)
    assert to_document([again]) == to_document([sample])


def test_the_comment_begins_with_the_marker_of_its_stack(sample: Preview) -> None:
    text = to_markdown(sample)
    assert text.startswith(
        "<!-- fairlead-preview:lab -->\n### `lab`: 1 to create, 2 to replace, 1 to delete\n"
    )
    assert text.count("<details") == text.count("</details>") == 4
    assert "**This will not pass:**" in text
    assert "| **delete** | store (protected)<br>" in text


def test_a_comment_takes_nothing_for_markup() -> None:
    bad = made(CONFIG_MAP, "m", {"data": {"a": "x"}})
    worse = made(CONFIG_MAP, "m", {"data": {"a": "</td>| @team #12 <!-- `x` --> [a](b)"}})
    text = to_markdown(preview(steps([bad], [worse])))
    for danger in ("</td>", "@team", " #12", "<!-- `", "[a](b)"):
        assert danger not in text


def test_a_comment_that_is_too_long_is_cut_and_says_so() -> None:
    many = [made(CONFIG_MAP, f"map-{place:05}", {"metadata": {"name": "m"}}) for place in range(3000)]
    text = to_markdown(preview(steps(many, [])))
    assert len(text) <= LONGEST
    assert "lines do not fit into a comment. `fairlead preview -s lab` shows all._" in text
    assert text.count("<details") == text.count("</details>")


def test_the_document_has_a_version_and_every_field(sample: Preview) -> None:
    document = json.loads(json.dumps(to_document([sample])))
    assert document["fairlead_preview"] == VERSION
    (stack,) = document["stacks"]
    assert stack["counts"] == {"delete": 1, "replace": 2, "update": 0, "create": 1, "same": 0}
    changes = {one["name"]: one for one in stack["changes"]}
    assert changes["nodes"]["forced_by"] == ["vpcId"]
    assert changes["store"]["protected"]
    assert stack["refused"]
    assert [one["rule"] for one in stack["findings"] if one["refuses"]] == [
        "change-protected-stays",
        "aws-bucket-private",
    ]


def test_the_document_leaves_out_what_is_not_there() -> None:
    old, new = made(BUCKET, "b", {"a": 1}), made(BUCKET, "b", {"c": None, "d": 2})
    (change,) = to_document([preview(steps([old], [new]))])["stacks"][0]["changes"]
    fields = {one["path"]: one for one in change["fields"]}
    assert ("new" in fields["a"], "old" in fields["d"]) == (False, False)


def test_code_scanning_gets_every_finding_at_the_stacks_file(sample: Preview) -> None:
    sarif = to_sarif([sample])
    (run,) = sarif["runs"]
    rules = [one["id"] for one in run["tool"]["driver"]["rules"]]
    assert rules == sorted(rules)
    assert len(run["results"]) == len(sample.findings) == 2
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        place = result["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"] == "stacks/Pulumi.lab.yaml"
    assert {one["level"] for one in run["results"]} == {"error"}


def test_an_excused_finding_is_suppressed_and_refuses_nothing() -> None:
    made_up = preview([], findings=(finding(excused="until 2027-01-01: a test"),))
    (result,) = to_sarif([made_up])["runs"][0]["results"]
    assert result["suppressions"] == [{"kind": "external", "justification": "until 2027-01-01: a test"}]
    assert not to_document([made_up])["stacks"][0]["refused"]
    assert words.judged(made_up) == "1 finding: 1 excused"


def test_what_stood_before_is_told_from_what_the_change_brings() -> None:
    stood, new = finding(name="a"), finding(name="b")
    made_up = preview([], findings=(stood, new), standing=frozenset({mark(stood)}))
    assert words.judged(made_up) == "2 findings: 2 refusing (1 new)"
    assert [(one.new, one.names(3)) for one in words.groups(made_up)] == [(True, "b acl"), (False, "a acl")]
    states = [one["baselineState"] for one in to_sarif([made_up])["runs"][0]["results"]]
    assert states == ["unchanged", "new"]
    assert "aws-bucket-private (new): is public" in to_text(made_up)


def test_findings_that_say_the_same_are_said_once() -> None:
    made_up = preview([], findings=tuple(finding(name=name) for name in "abcde"))
    (group,) = words.groups(made_up)
    assert group.names(3) == "a, b, c and 2 more"


@pytest.mark.parametrize(
    ("field", "text"),
    [
        (Field("a", MISSING, 1), "a: + 1"),
        (Field("a", {"b": 1}, MISSING), 'a: - {"b": 1}'),
        (Field("a", 1, 2, forces=True), "a: 1 -> 2, forces replacement"),
        (Field("a", "[secret]", "[secret]"), "a: [secret], another one"),
        (Field("a", "x\ny\n", "x\nz\nq\n"), "a: +2 -1 lines, from line 2"),
        (Field("a", "k" * 80 + "1", "k" * 80 + "2"), f"a: …{'k' * 12}1 -> …{'k' * 12}2"),
    ],
)
def test_a_field_is_one_line(field: Field, text: str) -> None:
    assert words.field(field) == text
