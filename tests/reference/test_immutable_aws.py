"""What cannot change on AWS: the rows against the sources of the Terraform provider that pulumi-aws wraps."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from fairlead.catalog.immutable import PROVIDERS, rows
from reference import go_schema
from reference.aws.names import terraform_type
from reference.aws.terraform_schema import schemas
from reference.gomodule import go_module
from reference.immutable import covers, documented, engine_path

MODULE = "github.com/upbound/terraform-provider-aws@v0.0.0-20260305123303-f7691456b787"
MODULE_SUM = "h1:dJlp2eNgY/iVKTPINdguYlHbHc9CtXBZKmQmqYq0REs="
TYPES = sorted(kind for kind in rows("aws") if not kind.startswith(PROVIDERS))
VERSIONING = "aws:s3/bucketVersioning:BucketVersioning"
SSE = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
RULES = (
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
)
OLD_RULE = frozenset(
    {
        *(
            "cidr_blocks",
            "from_port",
            "ipv6_cidr_blocks",
            "prefix_list_ids",
            "protocol",
            "self",
            "to_port",
            "type",
        ),
        "source_security_group_id",
    }
)
"""Of the old resource aws_security_group_rule, whose schema stands in the same file: what is moved from it."""
ELSEWHERE = {
    **dict.fromkeys((VERSIONING, SSE), ("bucket", "expectedBucketOwner")),
    "aws:sqs/queue:Queue": ("fifoQueue", "name", "namePrefix"),
    RULES[0]: ("securityGroupId",),
}
"""Type -> paths that the reader cannot find by itself, each looked up by hand: the SDK has two classes of the name
`BucketVersioningArgs`; the queue's schema is a variable of its own; the two rules share one schema."""


@cache
def service() -> Path:
    return go_module(MODULE, MODULE_SUM) / "internal" / "service"


@cache
def names() -> dict[str, str]:
    folder = go_module(MODULE, MODULE_SUM) / "names"
    return {
        key: name
        for file in folder.glob("*attr*.go")
        for key, name in go_schema.attributes(file.read_text()).items()
    }


@cache
def makers() -> dict[str, tuple[Path, str, str]]:
    """Terraform resource -> its file, the kind of its schema and the function that makes it."""
    found: dict[str, tuple[Path, str, str]] = {}
    for file in service().glob("*/*.go"):
        if file.name.endswith(("_test.go", "_gen.go")):
            continue
        text = file.read_text()
        for told in re.finditer(r'@(SDK|Framework)Resource\("(aws_\w+)"', text):
            made = re.search(r"func (?:\([^)]*\) )?(\w+)\(", text[told.end() :])
            if made:
                found[told[2]] = (file, told[1], made[1])
    return found


@cache
def beside(folder: Path) -> list[str]:
    """The other files of a package."""
    return [
        one.read_text()
        for one in sorted(folder.glob("*.go"))
        if not one.name.endswith(("_test.go", "_gen.go"))
    ]


@cache
def forced(kind: str) -> frozenset[str]:
    """What the sources say of a type, in the engine's paths."""
    place = terraform_type(kind, schemas())
    assert place is not None, f"{kind} has no Terraform resource"
    file, way, function = makers()[place]
    beside = [
        one for one in sorted(file.parent.glob("*.go")) if not one.name.endswith(("_test.go", "_gen.go"))
    ]
    sources = go_schema.Sources(file.read_text(), [one.read_text() for one in beside if one != file], names())
    found = sources.of_resource(function) if way == "SDK" else sources.of_file()
    own = found - (OLD_RULE if kind in RULES else frozenset())
    return frozenset(path for one in own if (path := engine_path(kind, one)) is not None)


@pytest.mark.parametrize("kind", TYPES)
def test_every_argument_that_forces_is_in_a_row(kind: str) -> None:
    row = rows("aws")[kind]
    assert [path for path in sorted(forced(kind)) if not covers(row, path)] == []


@pytest.mark.parametrize("kind", TYPES)
def test_every_path_of_a_row_forces(kind: str) -> None:
    row = rows("aws")[kind]
    assert documented(row, (*forced(kind), *ELSEWHERE.get(kind, ()))) == []


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("eks/cluster.go", 'customdiff.ForceNewIfChange("encryption_config"'),
        ("fsx/lustre_file_system.go", "if n.(int) < o.(int)"),
        (
            "ec2/vpc_security_group_ingress_rule.go",
            "new.sourceAttributeName(), old.sourceAttributeName(); new != old",
        ),
        ("sqs/queue.go", '"fifo_queue": {'),
        ("../provider/sdkv2/region.go", "return d.ForceNew(names.AttrRegion)"),
    ],
)
def test_what_only_sometimes_forces_still_stands_in_the_sources(file: str, text: str) -> None:
    assert text in (service() / file).read_text()


def test_the_reader_finds_what_forces_and_not_what_is_beside_it() -> None:
    text = """
    func resourceThing() *schema.Resource {
        return &schema.Resource{
            Schema: map[string]*schema.Schema{
                "name": {Type: schema.TypeString, ForceNew: true}, // ForceNew: true } {
                "size": {Type: schema.TypeInt, Description: "a } in a text"},
                "block": {Type: schema.TypeList, Elem: &schema.Resource{Schema: map[string]*schema.Schema{
                    "deep": {Type: schema.TypeString, ForceNew: true},
                    names.AttrKind: thing(),
                }}},
            },
        }
    }
    func thing() *schema.Schema { return &schema.Schema{Type: schema.TypeString, ForceNew: true} }
    """
    found = go_schema.Sources(text, [], {"AttrKind": "kind"}).of_resource("resourceThing")
    assert found == {"name", "block.deep", "block.kind"}
