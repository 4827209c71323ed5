"""The jobs layer: which frameworks have a runtime, and from which image."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, Field, model_validator

from fairlead.spec.base import Flag, Model

Framework = Literal["torch", "jax", "xgboost", "mpi", "deepspeed"]


def _each_once(value: tuple[Framework, ...]) -> tuple[Framework, ...]:
    twice = sorted({name for name in value if value.count(name) > 1})
    if twice:
        raise ValueError(f"names {', '.join(twice)} twice: once is enough")
    return value


def _pinned(value: str) -> str:
    """An image that stays the same."""
    name, _, digest = value.partition("@")
    tag = name.rpartition("/")[2].partition(":")[2]
    if not value or (not digest and tag in {"", "latest"}):
        raise ValueError(
            "must carry a tag other than latest, or a digest: every node has to run the same image"
        )
    return value


class Jobs(Model):
    """JobSet and Kubeflow Trainer, and the runtimes that TrainJobs of every tenant may name."""

    enabled: Flag = True
    """Off: nothing of it runs."""
    runtimes: Annotated[tuple[Framework, ...], AfterValidator(_each_once)] = get_args(Framework)
    """Frameworks whose runtime is offered, as `torch` for `torch-distributed`. Job files need none of them."""
    images: dict[Framework, Annotated[str, AfterValidator(_pinned)]] = Field(
        default_factory=dict[Framework, str]
    )
    """Image of a runtime in place of the lock's, by its framework. A TrainJob may name its own, but where MPI starts it
    only the first node would have that."""

    @model_validator(mode="after")
    def _images_of_what_is_offered(self) -> Jobs:
        unused = sorted(set(self.images) - set(self.runtimes))
        if unused:
            raise ValueError(
                f"images has {', '.join(unused)}, which runtimes does not offer: name it in both or in none"
            )
        return self
