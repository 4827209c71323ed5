"""What clouds allow of shared accelerators beyond what all targets do: rules that several sites use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from fairlead.catalog.model import Catalog, MigRow
from fairlead.errors import Problem
from fairlead.plan.check_sharing import MPS_CLIENTS
from fairlead.plan.machines import Choice
from fairlead.plan.pools import image_of
from fairlead.spec.pool import Pool
from fairlead.spec.sharing import Mig, TimeSlicing

POOLS = "platform.pools"
Pools = Mapping[int, Pool]
Choices = Mapping[int, Choice]


def all_slices(pools: Pools, choices: Choices, catalog: Catalog) -> Iterator[Problem]:
    """Who cuts is told a profile alone, and cuts each accelerator into as many as fit.

    https://cloud.google.com/kubernetes-engine/docs/how-to/gpus-multi,
    https://learn.microsoft.com/azure/aks/gpu-multi-instance, and the MIG manager's configurations `all-PROFILE`:
    github.com/NVIDIA/mig-parted@1400787 deployments/systemd/config-default.yaml; 2026-11-24
    """
    for where, asked, rows in _mig(pools, choices, catalog):
        for profile, count in asked.items():
            if profile in rows and count < rows[profile].most and len(asked) == 1:
                yield Problem(
                    f"{where}.mig.{profile}",
                    "every accelerator is cut into as many slices of the profile as fit",
                    str(count),
                    str(rows[profile].most),
                )


def smallest_of_its_compute(pools: Pools, choices: Choices, catalog: Catalog) -> Iterator[Problem]:
    """The cloud's word for a profile says its compute slices alone: 1g.20gb has none, 1g.10gb has.

    https://learn.microsoft.com/azure/aks/gpu-multi-instance, 2026-11-24
    """
    for where, asked, rows in _mig(pools, choices, catalog):
        usual = {
            min((r for r in rows.values() if r.compute == row.compute), key=lambda r: r.memory).name
            for row in rows.values()
        }
        for profile in (name for name in asked if name in rows and name not in usual):
            what = "the cloud has no word for this profile: it knows one for each number of compute slices"
            yield Problem(f"{where}.mig.{profile}", what, profile, ", ".join(r for r in rows if r in usual))


def few_clients(pools: Pools) -> Iterator[Problem]:
    """No more pods take turns on an accelerator of this cloud than its other way of sharing serves.

    ComputeClass of GKE 1.35.2, gpuSharing.maxSharedClientsPerGPU: 2 to 48, of both ways; 2026-11-24
    """
    for place, pool in pools.items():
        if isinstance(pool.sharing, TimeSlicing) and pool.sharing.replicas > MPS_CLIENTS:
            what, given = "the cloud lets fewer pods share an accelerator", str(pool.sharing.replicas)
            yield Problem(f"{POOLS}[{place}].sharing.time-slicing", what, given, f"2 to {MPS_CLIENTS}")


def not_on(images: str, pools: Pools, choices: Choices, catalog: Catalog) -> Iterator[Problem]:
    """MIG does not go with node images whose name begins so. MicrosoftDocs/azure-aks-docs#346, 2026-11-24."""
    for place, choice in choices.items():
        image = image_of(pools[place], choice.machine, catalog)
        if isinstance(pools[place].sharing, Mig) and image and image.name.startswith(images):
            what = f"nodes of image {image.name} cannot have their accelerators cut"
            yield Problem(f"{POOLS}[{place}].sharing", what, "mig", fix="choose another image")


def not_with_its_own_plugin(pools: Pools, choices: Choices, catalog: Catalog) -> Iterator[Problem]:
    """The device plugin inside a node image is told by the node's own settings, which this platform leaves alone.

    https://bottlerocket.dev/en/os/1.54.x/api/settings/kubelet-device-plugins, 2026-11-24
    """
    for place, choice in choices.items():
        image = image_of(pools[place], choice.machine, catalog)
        if pools[place].sharing != "none" and image and image.device_plugin == "cloud" and choice.accelerator:
            what = (
                f"node image {image.name} has a device plugin of its own, which hands accelerators out whole"
            )
            yield Problem(f"{POOLS}[{place}].sharing", what, fix="choose another image, or leave sharing out")


def _mig(
    pools: Pools, choices: Choices, catalog: Catalog
) -> Iterator[tuple[str, Mapping[str, int], Mapping[str, MigRow]]]:
    """Path, what was asked for, and the profiles there are, of every pool that is cut."""
    for place, choice in choices.items():
        asked = pools[place].sharing
        if isinstance(asked, Mig) and choice.accelerator:
            yield f"{POOLS}[{place}].sharing", asked.mig, catalog.mig.get(choice.accelerator.name, {})
