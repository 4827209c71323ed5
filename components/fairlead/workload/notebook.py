"""A notebook as its user says it: JupyterLab on one node, with a volume that outlives it.

It is a job of one node that serves until nobody works in it: `job` says which. So it waits in its tenant's queue, is
placed, counted, followed and cancelled as every other job is (docs/adr/0042).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from fairlead.errors import Problem
from fairlead.spec.base import AcceleratorsField, Duration, Model, Name, between
from fairlead.values import seconds
from fairlead.workload import jupyter, words
from fairlead.workload import model as jobs
from fairlead.workload.model import Amount, ClaimName, EnvName, MountPath, Script, Text, TrainingJob

ROOT = "notebook"
"""Paths of problems begin with it."""
RESTARTS: jobs.Restarts = 10
"""How often it starts again after a failure: whoever works in it wants it back each time."""
IDLE = between("1m", "7d")
OWN = frozenset({*jupyter.ENVIRONMENT, jupyter.TOKEN_VARIABLE})
"""Variables that the platform sets."""


class Workspace(Model):
    """The volume with the notebook's files, at /workspace, which is the user's home too."""

    claim: ClaimName | None = None
    """An existing PersistentVolumeClaim in the tenant's namespace. Either this or size."""
    size: Amount | None = None
    """Size of a shared volume made for the notebook, for example 50Gi. Either this or claim."""

    @model_validator(mode="after")
    def _one_source(self) -> Workspace:
        if (self.claim is None) == (self.size is None):
            raise ValueError("must have either claim (an existing volume claim) or size (a new one)")
        return self


class Notebook(Model):
    """JupyterLab behind the gateway, let go by a queue, ended when nobody works in it."""

    kind: Literal["Notebook"] = "Notebook"
    """What this document is."""
    name: Annotated[str, Field(pattern=r"^[a-z]([-a-z0-9]*[a-z0-9])?$")]
    """Unique among the tenant's notebooks and jobs; the first label of its host."""
    tenant: Name
    """Whose notebook it is: the namespace it runs in and the quota it uses."""
    stage: jobs.Stage = "testing"
    """Which of the tenant's queues it waits in."""
    priority: jobs.Stage | None = None
    """Its rank in the queue, by the name of a stage; left out, that of its own stage."""
    accelerators: AcceleratorsField | None = None
    """Accelerators that it holds, `H100:1`; or a share of one, `H100/1g.10gb:1`; left out for none."""
    cpus: Amount | None = None
    """Cores; left out, the catalogue's share per accelerator, or 1."""
    memory: Amount | None = None
    """Memory of server and kernels; left out, the catalogue's share per accelerator, or 1Gi."""
    image: Annotated[str, AfterValidator(words.image)]
    """Container image with JupyterLab 4 and a shell, with a tag that is not `latest` or with a digest."""
    setup: Script = ""
    """Shell commands before JupyterLab starts."""
    workspace: Workspace = Workspace(size="10Gi")
    """Where its files are, which outlive it; left out, a new volume of 10Gi."""
    envs: dict[EnvName, Text] = Field(default_factory=dict)
    """Environment variables. Secrets do not belong here: the file is readable, `secrets` is not."""
    secrets: dict[EnvName, jobs.SecretReference] = Field(default_factory=dict)
    """Environment variables whose value lies in a Secret: {NAME: secret/key}."""
    file_mounts: dict[MountPath, jobs.MountField] = Field(default_factory=dict)
    """Further volume claims by the path where they are mounted."""
    idle_after: Annotated[Duration, BeforeValidator(jobs.text), IDLE] = "1h"
    """Kernels and terminals that did nothing for this long are ended; without any it ends when nobody has called it for
    this long, and what it holds is free. A cell that runs is no idle kernel."""
    timeout: Annotated[Duration, BeforeValidator(jobs.text), AfterValidator(jobs.lasting)] | None = None
    """Longest time it may run, for example 12h; waiting in the queue does not count."""
    labels: dict[jobs.LabelKey, jobs.LabelValue] = Field(default_factory=dict)
    """Labels of the notebook's job and its pod."""
    annotations: dict[jobs.LabelKey, Text] = Field(default_factory=dict)
    """Annotations of the notebook's job and its pod."""

    @property
    def claim(self) -> str:
        """Name of the claim that holds its files."""
        return self.workspace.claim or f"{self.name}-workspace"

    @property
    def object_name(self) -> str:
        """Name of its Service, its route and the Secret with its token. JobSet gives the job's name to a Service of its
        own, without ports: pkg/controllers/jobset_controller.go of v0.12.0."""
        return f"{self.name}-notebook"

    def host(self, domain: str) -> str:
        """Where it answers, by contract rule C7."""
        return f"{self.name}.{self.tenant}.{domain}"

    def job(self) -> TrainingJob:
        """The job that it is."""
        return TrainingJob(
            name=self.name,
            tenant=self.tenant,
            stage=self.stage,
            priority=self.priority,
            accelerators=self.accelerators,
            cpus=self.cpus,
            memory=self.memory,
            image=self.image,
            setup=self.setup,
            run=jupyter.command(seconds(self.idle_after)),
            envs={**_others(self.envs), **jupyter.ENVIRONMENT},
            secrets={
                **_others(self.secrets),
                jupyter.TOKEN_VARIABLE: f"{self.object_name}/{jupyter.TOKEN_KEY}",
            },
            file_mounts={**self.file_mounts, jupyter.WORKSPACE: jobs.FileMount(claim=self.claim)},
            max_restarts=RESTARTS,
            timeout=self.timeout,
            labels=self.labels,
            annotations=self.annotations,
        )

    def conflicts(self) -> Iterator[Problem]:
        """What does not fit together; nothing for a good notebook."""
        yield from map(as_of_notebook, self.job().conflicts())
        yield from _set_by_the_platform(self)
        yield from _over_the_workspace(self)


def as_of_notebook(problem: Problem) -> Problem:
    """What is wrong with its job, at the place of the notebook's own file that it comes from."""
    place = problem.where
    for of_job, own in (
        ("job.run", "notebook.setup"),
        ("job.checkpoint", "notebook.workspace"),
        ("job", ROOT),
    ):
        if place == of_job or place.startswith(f"{of_job}."):
            return replace(problem, where=own + place.removeprefix(of_job))
    return problem


def _others(variables: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in variables.items() if name not in OWN}


def _set_by_the_platform(notebook: Notebook) -> Iterator[Problem]:
    given: Mapping[str, Iterable[str]] = {"envs": notebook.envs, "secrets": notebook.secrets}
    for field, names in given.items():
        for name in sorted(OWN.intersection(names)):
            what = "is set by the platform for every notebook"
            yield Problem(f"{ROOT}.{field}.{name}", what, fix="leave it out")


def _over_the_workspace(notebook: Notebook) -> Iterator[Problem]:
    if jupyter.WORKSPACE in notebook.file_mounts:
        what = "is where the workspace is mounted"
        fix = "to use a volume of yours as the workspace, write workspace: {claim: NAME}"
        yield Problem(f"{ROOT}.file_mounts.{jupyter.WORKSPACE}", what, fix=fix)
