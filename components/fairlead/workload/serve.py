"""A model that is served, as its user says it: where its versions lie, what each replica holds, how it scales.

Where accelerators are concerned it is said in the words of a job (`workload.model`), and placed as jobs are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, cast

from pydantic import AfterValidator, BeforeValidator, Field

from fairlead.errors import Problem, one_of
from fairlead.plan.serving_model import FORMATS, REGISTRY
from fairlead.plan.sharing import claimed
from fairlead.spec.base import AcceleratorsField, Duration, Model, Name, between
from fairlead.workload import words
from fairlead.workload.model import Amount, Script, Stage
from fairlead.workload.scale import MAX_REPLICAS, Scaling

ROOT = "model"
"""Paths of problems begin with it."""
ONLY = "1"
"""Name of the version of a model that says `uri` alone."""
SERVED = {name for formats in FORMATS.values() for name in formats}
"""Formats that the platform's own servers take."""
OCI = "oci://"
_PLACES: Mapping[str, tuple[str, str]] = {
    "s3://": (r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/\S+", "s3://BUCKET/PATH"),
    "gs://": (r"[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]/\S+", "gs://BUCKET/PATH"),
    "hf://": (r"[\w.-]+/[\w.-]+(?::[\w.-]+)?", "hf://OWNER/NAME or hf://OWNER/NAME:REVISION"),
    "https://": (r"[\w.-]+(?::\d+)?/\S+", "https://<host>/PATH"),
    "pvc://": (r"[a-z0-9][a-z0-9.-]*(?:/\S+)?", "pvc://CLAIM/PATH"),
    REGISTRY: (r"[\w.-]+(?:/[1-9]\d*|@[\w.-]+)", "models:/NAME/VERSION or models:/NAME@ALIAS"),
    OCI: (r"\S+", "oci://<image>:TAG"),
}
"""How an address begins -> what follows, and how that is told."""


def _uri(text: str) -> str:
    """An address that KServe can fetch from, whole."""
    for start, (rest, form) in _PLACES.items():
        if text.startswith(start):
            if not re.fullmatch(rest, text.removeprefix(start)):
                raise ValueError(f"must be {form}")
            if start == OCI:
                words.image(text.removeprefix(start))
            return text
    if text.startswith("http://"):
        raise ValueError("must be https://: a model is a program, and anybody on the way could change it")
    raise ValueError(f"must be one of {', '.join(form for _, form in _PLACES.values())}")


def _keys_are_text(value: Any) -> Any:
    """YAML reads a version that is written 1 as a number."""
    if not isinstance(value, dict):
        return value
    known = cast("dict[Any, Any]", value)
    return {str(key) if type(key) is int else key: one for key, one in known.items()}


Uri = Annotated[str, AfterValidator(_uri)]
VersionName = Annotated[str, Field(pattern=r"^[a-z0-9]{1,9}$")]
"""Without a hyphen, so that no two models' versions can have one name."""


class Version(Model):
    """One version of a model."""

    uri: Uri
    """Where it lies."""
    weight: Annotated[int, Field(ge=0, le=1_000_000, strict=True)] | None = None
    """Its part of the calls, against the sum of all; left out by all of them, each has the same."""


class ServedModel(Model):
    """A model under one name, in one version or several."""

    kind: Literal["Model"] = "Model"
    """What this document is."""
    name: Annotated[str, Field(pattern=r"^[a-z]([-a-z0-9]*[a-z0-9])?$", max_length=30)]
    """Unique among the tenant's models; its host is `<name>.<tenant>.<domain>`."""
    tenant: Name
    """Whose model it is: the namespace it is served in and the quota it uses."""
    stage: Stage = "inference"
    """Which of the tenant's queues its replicas wait in."""
    priority: Stage | None = None
    """Their rank in the queue, by the name of a stage; left out, that of its own stage."""
    format: Annotated[str, Field(min_length=1, max_length=63)]
    """What kind of model it is, for example sklearn or vLLM."""
    server: Name | None = None
    """A ServingRuntime of the tenant's own; left out, the platform's for this format."""
    uri: Uri | None = None
    """Where the model lies. Either this or versions."""
    versions: Annotated[dict[VersionName, Version], BeforeValidator(_keys_are_text)] = Field(
        default_factory=dict
    )
    """Versions by name, which share the calls by weight. Either this or uri."""
    accelerators: AcceleratorsField | None = None
    """Accelerators of each replica, `H100:1`; or a share of one, `H100/1g.10gb:1`."""
    cpus: Amount | None = None
    """Cores of each replica; left out, the catalogue's share per accelerator, or 1."""
    memory: Amount | None = None
    """Memory of each replica; left out, the catalogue's share per accelerator, or 1Gi."""
    args: tuple[Script, ...] = ()
    """Further arguments of the server."""
    replicas: Annotated[int, Field(ge=1, le=MAX_REPLICAS, strict=True)] | None = None
    """How many of each version run, at all times; left out, 1, or as scale says."""
    scale: Scaling | None = None
    """How each version scales; needs the layer `scaling`. Either this or replicas."""
    timeout: Annotated[Duration, between("1s", "1d")] = "60s"
    """Longest time that an answer may take."""

    @property
    def queue_priority(self) -> str:
        """Name of its priority class."""
        return self.priority or self.stage

    @property
    def all_versions(self) -> Mapping[str, Version]:
        """Its versions by name, in the order of the file."""
        return self.versions or {ONLY: Version(uri=self.uri or "")}

    def service(self, version: str) -> str:
        """Name of a version's InferenceService."""
        return f"{self.name}-{version}"

    def weights(self) -> Mapping[str, int]:
        """Version -> its part of the calls."""
        return {name: 1 if one.weight is None else one.weight for name, one in self.all_versions.items()}

    def conflicts(self) -> Iterator[Problem]:
        """What does not fit together; nothing for a good model."""
        yield from _unknown_format(self)
        yield from _one_place(self)
        yield from _shared_out(self)
        yield from _more_than_a_share(self)
        yield from _scaled(self)


def _unknown_format(model: ServedModel) -> Iterator[Problem]:
    if model.server is None and model.format not in SERVED:
        known = one_of(sorted(SERVED), model.format)
        fix = "name a ServingRuntime of your own that takes it: server"
        yield Problem(f"{ROOT}.format", "no server of the platform takes it", model.format, known, fix)


def _one_place(model: ServedModel) -> Iterator[Problem]:
    if model.uri is None and not model.versions:
        yield Problem(f"{ROOT}.uri", "is missing", allowed="uri, or versions with a uri each")
    if model.uri is not None and model.versions:
        what = "stands beside versions, each of which says where it lies"
        yield Problem(f"{ROOT}.uri", what, model.uri, fix="keep one of the two")


def _shared_out(model: ServedModel) -> Iterator[Problem]:
    said = [one.weight for one in model.versions.values() if one.weight is not None]
    if said and len(said) < len(model.versions):
        bare = next(name for name, one in model.versions.items() if one.weight is None)
        what = "is missing: others have one, and what is left for this one cannot be told"
        yield Problem(
            f"{ROOT}.versions.{bare}.weight", what, allowed="a weight for all versions, or for none"
        )
    if said and len(said) == len(model.versions) and sum(said) == 0:
        fix = "give at least one version a weight above 0"
        yield Problem(f"{ROOT}.versions", "no version gets any call", "weights of 0", fix=fix)


def _more_than_a_share(model: ServedModel) -> Iterator[Problem]:
    asked = model.accelerators
    if asked is not None and claimed(asked):
        what = "replicas ask for accelerators by number: claims are written for jobs and notebooks alone"
        yield Problem(f"{ROOT}.accelerators", what, str(asked), f"{asked.name}:{asked.count}")
    elif asked is not None and asked.share and asked.count > 1:
        what = "a replica has one share at most: two are no larger accelerator, and may be the same one"
        fix = f"ask for a larger share, or for a whole one: {asked.name}:1"
        yield Problem(f"{ROOT}.accelerators", what, str(asked), f"{asked.called}:1", fix)


def _scaled(model: ServedModel) -> Iterator[Problem]:
    if model.scale is None:
        return
    if model.replicas is not None:
        what = "stands beside scale, which says how many there are"
        yield Problem(f"{ROOT}.replicas", what, str(model.replicas), fix="keep one of the two")
    yield from model.scale.conflicts(f"{ROOT}.scale")
    for name in model.scale.targets.said:
        if name.startswith("accelerator_") and model.accelerators is None:
            what = "has no accelerators to read"
            yield Problem(f"{ROOT}.scale.targets.{name}", what, fix="leave it out, or ask for accelerators")
