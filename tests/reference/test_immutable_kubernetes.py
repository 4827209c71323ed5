"""What cannot change in Kubernetes: the rows against the provider's list, and the API server's validation."""

from __future__ import annotations

import re
from functools import cache

import pytest

from fairlead.catalog.immutable import EVERY_OBJECT, PROVIDERS, rows
from fairlead.preview.forcing import DATA, MUTABLE
from reference.go_schema import bare
from reference.gomodule import go_file

VERSION = "v4.0.0-20260304044920-867400a6a208"
PROVIDER = f"github.com/pulumi/pulumi-kubernetes/provider/v4@{VERSION}"
PROVIDER_SUM = "h1:BUm20m00zERoF+LAaKFWYCHSpFpywU3Sno5TzwnbLHg="
ROWS = rows("kubernetes")
BELOW = ("matchExpressions", "matchLabels")
"""Parts of selectors that the list names beside the selectors themselves."""
BY_HAND = frozenset({EVERY_OBJECT, f"{PROVIDERS}kubernetes"})


@cache
def listed() -> dict[str, frozenset[str]]:
    """Type -> paths that force a replacement, as the provider's diff.go has them."""
    text = bare(go_file(PROVIDER, "pkg/provider/diff.go", PROVIDER_SUM))
    found: dict[str, frozenset[str]] = {}
    for name, body in _kinds(text):
        found[name] = frozenset(
            path.removeprefix(".") for path in re.findall(r'"(\.[^"]+)"', body) if not path.endswith(BELOW)
        )
    return found


def _kinds(text: str) -> list[tuple[str, str]]:
    """`kubernetes:apps/v1:Deployment` and what stands for it, in the one map of the file and in those it names."""
    kinds: list[tuple[str, str]] = []
    whole = text[text.index("var forceNew = _groups{") : text.index("var core = ")]
    core = text[text.index("var core = ") : text.index("var daemonset = ")]
    for group, versions in re.findall(r'"([a-z0-9.]+)":\s*_versions\{(.*?)\n\t\},', whole, re.DOTALL):
        kinds += [
            (f"kubernetes:{group}/{version}:{kind}", body) for version, kind, body in _of(versions, text)
        ]
    kinds += [(f"kubernetes:core/{version}:{kind}", body) for version, kind, body in _of(core, text)]
    return kinds


def _of(versions: str, text: str) -> list[tuple[str, str, str]]:
    found: list[tuple[str, str, str]] = []
    for version, kinds in re.findall(
        r'"(v\w+)":\s*_kinds\{(.*?)(?=\n\t*"v\w+":\s*_kinds|\Z)', versions, re.DOTALL
    ):
        for kind, value in re.findall(r'"([A-Z]\w+)":\s*(.*?)(?=\s*"[A-Z]\w+":|\Z)', kinds, re.DOTALL):
            word = re.match(r"\w+", value)
            named = word and re.search(rf"var {word[0]} = (.*?)\n\)?\}}?\n", text, re.DOTALL)
            found.append((version, kind, named[1] if named else value))
    return found


def test_the_list_is_read_whole() -> None:
    assert len(listed()) > 10
    assert listed()["kubernetes:storage.k8s.io/v1:StorageClass"] == {"parameters", "provisioner"}
    assert listed()["kubernetes:apps/v1:Deployment"] == {"spec.selector"}
    assert listed()["kubernetes:core/v1:Service"] == {"spec.clusterIP"}


@pytest.mark.parametrize("kind", sorted(set(ROWS) - BY_HAND))
def test_a_row_replaces_for_what_the_provider_replaces_for(kind: str) -> None:
    own = set(ROWS[kind].replace) - (set(DATA) if kind in MUTABLE else set())
    assert own == listed().get(kind, frozenset())


def test_the_data_of_maps_and_secrets_and_every_objects_name_replace_it() -> None:
    text = go_file(PROVIDER, "pkg/provider/diff.go", PROVIDER_SUM)
    assert 'properties{".type", ".stringData", ".data"}' in text
    assert 'properties{".binaryData", ".data"}' in text
    assert {"type", "stringData", "data"} == set(ROWS["kubernetes:core/v1:Secret"].replace)
    assert {"binaryData", "data"} == set(ROWS["kubernetes:core/v1:ConfigMap"].replace)
    assert 'metadataForceNewProperties(".metadata")' in text
    assert set(ROWS[EVERY_OBJECT].replace) == {"metadata.name", "metadata.namespace"}


def test_a_provider_is_replaced_for_its_clusters_name() -> None:
    text = go_file(PROVIDER, "pkg/provider/provider.go", PROVIDER_SUM)
    assert "if diff.Updated(clusterIdentifierKey) {" in text
    assert ROWS[f"{PROVIDERS}kubernetes"].replace == ("clusterIdentifier",)


@pytest.mark.parametrize(
    ("module", "checksum", "file", "texts"),
    [
        (
            "k8s.io/kubernetes@v1.35.0",
            "h1:PUOojD8c8E3csMP5NX+nLLne6SGqZjrYCscptyBfWMY=",
            "pkg/apis/storage/validation/validation.go",
            [
                "updates to reclaimPolicy are forbidden",
                "ValidateImmutableField(storageClass.VolumeBindingMode",
            ],
        ),
        (
            "k8s.io/kubernetes@v1.35.0",
            "h1:PUOojD8c8E3csMP5NX+nLLne6SGqZjrYCscptyBfWMY=",
            "pkg/apis/core/validation/validation.go",
            [
                "ValidateImmutableField(newPv.Spec.VolumeMode",
                "ValidateImmutableField(newPvc.Spec.VolumeMode",
                "spec is immutable after creation except resources.requests",
            ],
        ),
        (
            "k8s.io/apiextensions-apiserver@v0.35.0",
            "h1:3xHk2rTOdWXXJM+RDQZJvdx0yEOgC0FgQ1PlJatA5T4=",
            "pkg/apis/apiextensions/validation/validation.go",
            ["ValidateImmutableField(spec.Scope", "ValidateImmutableField(spec.Group"],
        ),
    ],
)
def test_what_is_fixed_is_refused_by_the_api_servers_validation(
    module: str, checksum: str, file: str, texts: list[str]
) -> None:
    source = go_file(module, file, checksum)
    assert [one for one in texts if one not in source] == []
