"""A training job as its user says it, in SkyPilot's words.

What one field alone decides, and what fields of the same job decide together, is checked here.
Whether the accelerator exists is the catalogue's to say: `fairlead.workload.load`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from fairlead.errors import Problem
from fairlead.plan.sharing import claimed
from fairlead.spec.base import AcceleratorsField, Duration, Model, Name, Quantity, between
from fairlead.values import quantity, seconds
from fairlead.workload import words

ROOT = "job"
"""Paths of problems begin with it."""
Stage = Literal["testing", "training", "inference"]
Nearness = Literal["near", "rack", "block"]

Restarts = Literal[0, 1, 3, 10]
RESTARTS: tuple[int, ...] = get_args(Restarts)
"""Limits of restarts that a job can ask for: the cluster holds a runtime for each (docs/adr/0006)."""
GRACE = between("1s", "1h", "a node that is drained waits no longer")
"""Longest time a pod may take to stop: nobody waits longer than an hour for a drained node."""
MAX_SCRIPT_BYTES = 100_000
"""Longest setup and run together: Linux passes one argument of at most 128 KiB (MAX_ARG_STRLEN)."""
MAX_POD_NAME = 63
"""A pod of a job is found by its name in DNS, so the name is a DNS label (RFC 1035)."""
REPLICATED_JOB = "node"
"""Name of the part of a job that trains, and of its container: Trainer insists on it."""


def longest_pod_name(job: str, num_nodes: int) -> str:
    """The longest name among a job's pods: JobSet's scheme JOB-node-0-RANK and five random characters."""
    return f"{job}-{REPLICATED_JOB}-0-{num_nodes - 1}-xxxxx"


def text(value: Any) -> Any:
    """A number is taken as its text; a truth value is refused: YAML reads a bare `yes` as one."""
    if isinstance(value, bool):
        raise ValueError('must be a text: put it in quotes, for example "yes"')  # noqa: TRY004 - pydantic
    return str(value) if isinstance(value, (int, float)) else value


def _positive(value: str) -> str:
    if quantity(value) <= 0:
        raise ValueError("must be more than zero")
    return value


def lasting(value: str) -> str:
    """A duration that is one."""
    if seconds(value) <= 0:
        raise ValueError("must be more than zero")
    return value


def _script(value: str) -> str:
    if "\0" in value:
        raise ValueError("must not hold a NUL character: no program can be started with one")
    return value


def _something(value: str) -> str:
    if not value:
        raise ValueError("is empty: there is nothing to run")
    return value


Script = Annotated[str, AfterValidator(_script)]
Amount = Annotated[Quantity, AfterValidator(_positive)]
Text = Annotated[str, BeforeValidator(text)]
EnvName = Annotated[str, AfterValidator(words.env_name)]
ClaimName = Annotated[str, AfterValidator(words.claim_name)]
MountPath = Annotated[str, AfterValidator(words.mount_path)]
SecretReference = Annotated[str, AfterValidator(words.secret_reference)]
LabelKey = Annotated[str, AfterValidator(words.label_key)]
LabelValue = Annotated[Text, AfterValidator(words.label_value)]


class FileMount(Model):
    """A volume claim mounted into every node of the job."""

    claim: ClaimName
    """Name of a PersistentVolumeClaim in the tenant's namespace."""
    read_only: bool = False
    """Mounted without the right to write."""


def _file_mount(value: Any) -> Any:
    return {"claim": value} if isinstance(value, str) else value


MountField = Annotated[FileMount, BeforeValidator(_file_mount)]
"""Written as the claim's name alone, or as a FileMount."""


class Checkpoint(Model):
    """A volume that outlives the job's pods; its path is in FAIRLEAD_CHECKPOINT_DIR."""

    claim: ClaimName | None = None
    """An existing PersistentVolumeClaim in the tenant's namespace. Either this or size."""
    size: Amount | None = None
    """Size of a shared volume made for the job, for example 50Gi. Either this or claim."""
    path: MountPath = "/checkpoints"
    """Where it is mounted."""
    grace: Annotated[Duration, BeforeValidator(text), GRACE] | None = None
    """How long writing one takes: the time between SIGTERM and the end, at most 1h; left out, the platform's."""

    @model_validator(mode="after")
    def _one_source(self) -> Checkpoint:
        if (self.claim is None) == (self.size is None):
            raise ValueError("must have either claim (an existing volume claim) or size (a new one)")
        return self


class TrainingJob(Model):
    """A job of one or more equal nodes that start together or not at all."""

    kind: Literal["TrainingJob"] = "TrainingJob"
    """What this document is."""
    name: Annotated[str, Field(pattern=r"^[a-z]([-a-z0-9]*[a-z0-9])?$")]
    """Unique among the tenant's jobs."""
    tenant: Name
    """Whose job it is: the namespace it runs in and the quota it uses."""
    stage: Stage = "training"
    """Which of the tenant's queues it waits in."""
    priority: Stage | None = None
    """Its rank in the queue, by the name of a stage; left out, that of its own stage."""
    accelerators: AcceleratorsField | None = None
    """Accelerators of each node, `H100:8`; or a share of one, `H100/1g.10gb:1`; left out for a job without."""
    num_nodes: Annotated[int, Field(ge=1, le=10_000)] = 1
    """How many nodes work together."""
    topology: Nearness | None = None
    """How near nodes with accelerators stand: near, as near as can be now; rack or block, all in one, or it waits.
    Left out, near."""
    cpus: Amount | None = None
    """Cores of each node; left out, the catalogue's share per accelerator, or 1."""
    memory: Amount | None = None
    """Memory of each node; left out, the catalogue's share per accelerator, or 1Gi."""
    image: Annotated[str, AfterValidator(words.image)]
    """Container image, with a tag that is not `latest` or with a digest."""
    setup: Script = ""
    """Shell commands that run on every node before `run`, in the same shell."""
    run: Annotated[Script, AfterValidator(_something)]
    """Shell commands (POSIX sh) that every node runs; a failing command fails the job."""
    envs: dict[EnvName, Text] = Field(default_factory=dict)
    """Environment variables. Secrets do not belong here: the file is readable, `secrets` is not."""
    secrets: dict[EnvName, SecretReference] = Field(default_factory=dict)
    """Environment variables whose value lies in a Secret: {NAME: secret/key}."""
    file_mounts: dict[MountPath, MountField] = Field(default_factory=dict)
    """Volume claims by the path where they are mounted: {/data: datasets} or {/data: {claim, read_only}}."""
    checkpoint: Checkpoint | None = None
    """Where the job keeps what it must not lose."""
    max_restarts: Restarts = 0
    """How often the whole job starts again after a node has failed."""
    timeout: Annotated[Duration, BeforeValidator(text), AfterValidator(lasting)] | None = None
    """Longest time it may run, for example 12h; waiting in the queue does not count."""
    metrics_port: Annotated[int, Field(ge=1024, le=65_535)] | None = None
    """Where every node tells of itself in Prometheus' words, at /metrics; left out, it is not asked."""
    labels: dict[LabelKey, LabelValue] = Field(default_factory=dict)
    """Labels of the job and its pods."""
    annotations: dict[LabelKey, Text] = Field(default_factory=dict)
    """Annotations of the job and its pods."""

    @property
    def queue_priority(self) -> str:
        """Name of its priority class."""
        return self.priority or self.stage

    @property
    def nearness(self) -> str:
        """The word for how near its nodes stand; empty for a job without accelerators."""
        return (self.topology or "near") if self.accelerators else ""

    @property
    def checkpoint_claim(self) -> str | None:
        """Name of the claim that holds its checkpoints, None if it keeps none."""
        if self.checkpoint is None:
            return None
        return self.checkpoint.claim or f"{self.name}-checkpoint"

    def conflicts(self) -> Iterator[Problem]:
        """What does not fit together; nothing for a good job."""
        yield from _name_too_long(self)
        yield from _more_than_a_share(self)
        yield from _near_without_accelerators(self)
        yield from _script_too_long(self)
        yield from _secret_in_plain_sight(self)
        yield from _set_twice(self)
        yield from _mounted_twice(self)


def _name_too_long(job: TrainingJob) -> Iterator[Problem]:
    pod = longest_pod_name(job.name, job.num_nodes)
    over = len(pod) - MAX_POD_NAME
    if over > 0:
        what = f"is too long: the last of {job.num_nodes} pods would be called {pod}, {len(pod)} characters"
        fix = f"use a name of at most {len(job.name) - over} characters"
        yield Problem("job.name", what, job.name, f"pod names of at most {MAX_POD_NAME} characters", fix)


def _more_than_a_share(job: TrainingJob) -> Iterator[Problem]:
    """A share is for one pod. Two may be parts of one accelerator, which NCCL refuses: nccl#231, nccl#418;
    a MIG slice reaches no other accelerator directly: nccl#1716. 2026-11-24.
    """
    if job.accelerators is None or not job.accelerators.share or claimed(job.accelerators):
        return
    whole = job.accelerators.name
    if job.accelerators.count > 1:
        what = "a node of a job has one share at most: two are no larger accelerator, and may be the same one"
        fix = f"ask for a larger share, or for a whole one: {whole}:1"
        yield Problem("job.accelerators", what, str(job.accelerators), f"{job.accelerators.called}:1", fix)
    if job.num_nodes > 1:
        what = "shares do not work together: two nodes may get parts of one accelerator, where NCCL does not start"
        fix = f"send jobs of one node, or ask for whole accelerators: {whole}:1"
        yield Problem("job.num_nodes", what, str(job.num_nodes), "1", fix)


def _near_without_accelerators(job: TrainingJob) -> Iterator[Problem]:
    if job.topology and not job.accelerators:
        what = "only nodes with accelerators are placed by racks and blocks"
        yield Problem("job.topology", what, job.topology, fix="leave topology out, or ask for accelerators")


def _script_too_long(job: TrainingJob) -> Iterator[Problem]:
    size = len((job.setup + job.run).encode())
    if size > MAX_SCRIPT_BYTES:
        what = "setup and run together are too long: Linux would refuse to start the shell"
        fix = "put the program into the image or onto a volume (file_mounts) and call it"
        yield Problem("job.run", what, f"{size} bytes", f"at most {MAX_SCRIPT_BYTES} bytes", fix)


def _secret_in_plain_sight(job: TrainingJob) -> Iterator[Problem]:
    for name, value in job.envs.items():
        if value and words.looks_secret(name):
            what = "looks like a secret, and whoever can read the job can read it"
            fix = f"store it in a Secret of the namespace {job.tenant}; here, secrets: {{{name}: SECRET/KEY}}"
            # The value is not repeated: error texts end up in logs.
            yield Problem(f"job.envs.{name}", what, "(hidden)", fix=fix)


def _set_twice(job: TrainingJob) -> Iterator[Problem]:
    for name in sorted(job.envs.keys() & job.secrets.keys()):
        yield Problem(
            f"job.secrets.{name}", "is set in envs too", job.secrets[name], fix="keep one of the two"
        )


def _mounted_twice(job: TrainingJob) -> Iterator[Problem]:
    places = [(f"job.file_mounts.{path}", path) for path in sorted(job.file_mounts)]
    if job.checkpoint is not None:
        places.append(("job.checkpoint.path", job.checkpoint.path))
    for index, (where, path) in enumerate(places):
        for _, other in places[:index]:
            if path == other or path.startswith(f"{other}/") or other.startswith(f"{path}/"):
                what = f"lies in or over another mount, {other}"
                yield Problem(where, what, path, fix="give each volume a folder of its own")
