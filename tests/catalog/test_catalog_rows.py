"""The catalogue's own rows are sound, and every unsound row is found."""

from __future__ import annotations

import shutil
from datetime import date
from importlib.resources import files
from pathlib import Path

import pytest

from fairlead import labels
from fairlead.catalog.read import load, load_from
from fairlead.errors import InputError
from fairlead.values import quantity

DATA = Path(str(files("fairlead.catalog").joinpath("data")))
RESOURCES = {
    "NVIDIA": "nvidia.com/gpu",
    "AMD": "amd.com/gpu",
    "Google": "google.com/tpu",
    "AWS": "aws.amazon.com/neuron",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the catalogue to break."""
    return Path(shutil.copytree(DATA, tmp_path / "data"))


def change(folder: Path, file: str, old: str, new: str) -> None:
    path = folder / file
    text = path.read_text()
    assert old in text, f"{old!r} is not in {file}: the test would break nothing"
    path.write_text(text.replace(old, new, 1))


def test_the_catalogue_is_read_once() -> None:
    assert load() is load()


def test_an_untouched_copy_is_sound(folder: Path) -> None:
    assert load_from(folder) == load()


def test_every_accelerator_has_the_resource_of_its_vendor() -> None:
    rows = load().accelerators.values()
    assert len(rows) >= 10
    for row in rows:
        assert row.resource == RESOURCES[row.vendor]
        assert 8 <= row.memory_gib <= 512


def test_every_row_has_a_source_and_a_date_that_is_not_in_the_future() -> None:
    catalog = load()
    rows = [
        *catalog.accelerators.values(),
        *catalog.targets.values(),
        *catalog.limits.values(),
        *catalog.exporters.values(),
        *(row for rows in catalog.machines.values() for row in rows.values()),
        *(row for rows in catalog.capabilities.values() for row in rows.values()),
    ]
    assert len(rows) > 40
    for row in rows:
        assert len(row.source) > 10, row
        assert date(2024, 1, 1) <= date.fromisoformat(row.date) <= date(2027, 12, 31), row


def test_a_node_with_efa_has_its_huge_pages_less_for_pods() -> None:
    machines = load().machines["aws"]

    def memory(name: str) -> int:
        found = machines[name].memory
        assert found is not None
        return int(quantity(found) / 2**20)

    kept = 255 + 11 * 110 + 100
    assert machines["m7i.8xlarge"].fabric == "none"
    assert memory("m7i.8xlarge") == int(131072 * 0.925 - kept)
    assert memory("g5.8xlarge") == int(131072 * 0.925 - kept - 5128 * 2)
    assert memory("p5.48xlarge") == int(2097152 * 0.925 - kept - 192 * 110 * 2)


def test_what_a_job_asks_for_by_default_fits_every_machine_with_that_accelerator() -> None:
    catalog = load()
    for machines in catalog.machines.values():
        for machine in machines.values():
            if machine.accelerator and machine.cpu and machine.memory:
                row = catalog.accelerators[machine.accelerator]
                assert quantity(row.job_cpu) * machine.count <= quantity(machine.cpu), machine.name
                assert quantity(row.job_memory) * machine.count <= quantity(machine.memory), machine.name


@pytest.mark.parametrize(
    ("spelling", "name"),
    [("H100", "H100"), ("h100", "H100"), ("A100-80g", "A100-80GB"), ("v5litepod", "TPU-v5e")],
)
def test_an_accelerator_is_found_by_its_name_and_its_other_spellings(spelling: str, name: str) -> None:
    row = load().accelerator(spelling)
    assert row is not None
    assert row.name == name


@pytest.mark.parametrize("name", ["A100", "V100", "H1000", "", "gpu"])
def test_a_name_that_is_unknown_or_could_mean_two_things_finds_nothing(name: str) -> None:
    assert load().accelerator(name) is None


def test_the_variants_of_an_ambiguous_name_are_told() -> None:
    assert load().variants("a100") == ["A100-40GB", "A100-80GB"]
    assert load().variants("H200") == []


def test_the_local_target_declares_every_capability_of_the_contract() -> None:
    known = {
        *("storage-block", "storage-shared", "network-policy", "image-pull", "object-store", "identity"),
        *("gateway", "metrics", "autoscaling", "spot-reclaim", "fabric", "node-repair"),
        *("sharing-mig", "sharing-time-slicing", "sharing-mps", "sharing-dra", "sharing-autoscaled"),
        *("reservations", "zones", "placement", "slices", "flex-start", "image-streaming", "local-disks"),
        *(
            "image-cache",
            "private-endpoint",
            "audit-logs",
            "workload-logs",
            "encryption",
            "deletion-protection",
            "maintenance",
        ),
        *(
            "scheduler-packing",
            "storage-parallel",
            "existing-cluster",
            "accelerators-nvidia",
            "accelerators-amd",
        ),
        *("accelerators-tpu", "accelerators-neuron", "gpu-operator", "fault-detection", "auto-quarantine"),
        *("service-scaling", "tracking", "workflows", "ray", "lws", "secrets", "secret-manager"),
        *("serving", "model-cache"),
        *("inference-pool", "katib", "pipelines", "spark", "notebooks", "kubeflow-platform", "monitoring"),
        *("built-machines", "edge"),
        *("model-registry", "grafana", "idle-reclaim"),
        *("jobs-v1", "jobs-v1-mpi", "events", "opencost"),
    }
    assert set(load().capabilities["local"]) == known


def test_the_longest_names_that_the_spec_permits_fit_the_limits_of_others() -> None:
    limits = {name: row.value for name, row in load().limits.items()}
    name, generation, node = "n" * 40, "g999", "10000"
    assert len(name) <= limits["dns-label"], "a tenant's namespace"
    assert len(name) <= limits["label-value"], "the node label of a pool"
    assert len(f"{name}-{generation}-{node}") <= limits["label-value"], (
        "the host name label of a pool's last node"
    )
    longest = max(load().accelerators, key=len)
    assert len(longest) <= limits["label-value"]
    assert len(f"{longest}-on-demand") <= limits["dns-label"], "a flavor"
    assert len(labels.STAGES) < limits["queue-resources"]


BROKEN = [
    (
        "accelerators.toml",
        'vendor = "NVIDIA"',
        'vendr = "NVIDIA"',
        ["T4] vendr: unknown column", "vendor: missing"],
    ),
    ("accelerators.toml", 'vendor = "NVIDIA"', "vendor = 3", ["T4] vendor: must be a text"]),
    ("accelerators.toml", "memory_gib = 16", 'memory_gib = "16"', ["must be a whole number"]),
    ("accelerators.toml", "memory_gib = 16", "memory_gib = true", ["must be a whole number"]),
    ("accelerators.toml", 'job_memory = "10Gi"', 'job_memory = "10GB"', ["must be a Kubernetes quantity"]),
    ("accelerators.toml", "date = 2026-11-23", "", ["[T4] date: missing column"]),
    (
        "accelerators.toml",
        "driver_source = ",
        "# driver_source = ",
        ["driver_from and driver_source go together"],
    ),
    (
        "accelerators.toml",
        'driver_from = "450.80.02"',
        'driver_from = "R450"',
        ["driver_from: is no version of NVIDIA's driver", "such as 570.133.20"],
    ),
    ("accelerators.toml", '["Tesla-T4"]', '["h100"]', ["[H100]: H100 already means T4"]),
    ("accelerators.toml", '["Tesla-T4"]', "[3]", ["aliases: must be a list of texts"]),
    ("accelerators.toml", "[T4]", "T4x = 3\n[T4]", ["a row must be a table"]),
    ("accelerators.toml", "[T4]", "[T4", ["this is no TOML"]),
    (
        "machines.local.toml",
        'source = "this machine',
        'sauce = "this machine',
        ["nearest: source", "source: missing"],
    ),
    (
        "machines.local.toml",
        'accelerator = "H100"',
        'accelerator = "H101"',
        ["no such accelerator", "nearest: H100"],
    ),
    ("machines.local.toml", "count = 8", "count = 0", ["accelerator and count go together"]),
    ("machines.local.toml", '["on-demand"]', '["ondemand"]', ["unknown word", "nearest: on-demand"]),
    ("machines.local.toml", 'cpu = "96"', "", ["a simulated machine needs its cpu and memory"]),
    ("machines.local.toml", 'memory = "1Ti"', 'memory = "1TB"', ["must be a Kubernetes quantity"]),
    ("machines.local.toml", "max_nodes = 1\n", "", ["max_nodes and max_nodes_reason go together"]),
    ("machines.local.toml", "simulated = false", 'simulated = "no"', ["must be true or false"]),
    (
        "capabilities.toml",
        'status = "unsupported"',
        'status = "no"',
        ["status: unknown word", "supported, unsupported"],
    ),
    (
        "capabilities.toml",
        "[local.sharing-mig]",
        "[lokal.sharing-mig]",
        ["[local.sharing-mig]: every target says so", "[lokal]: no such target"],
    ),
    (
        "capabilities.toml",
        'status = "unsupported"\nreason = ',
        'status = "unsupported"\n# reason = ',
        ["what is not supported, or not proven, says why"],
    ),
    (
        "exporters.toml",
        'vendor = "Google"',
        'vendor = "AMD"',
        ["no row says who tells them", "gcp, Google", "no node image leaves these metrics to the target"],
    ),
    ("exporters.toml", '"k8s-app=tpu-device-plugin"', '"tpu-device-plugin"', ["pods: is no label"]),
    ("targets.toml", "autoscaling = false", "autoscaling = true", ["must say the same as the capability"]),
    ("targets.toml", '"simulated"', '"magic"', ["gpu_mode: unknown word"]),
    (
        "targets.toml",
        '["kubernetes.io/hostname"]',
        '["rack"]',
        ["the last level must be kubernetes.io/hostname"],
    ),
    ("targets.toml", '["kubernetes.io/hostname"]', "[]", ["topology_levels: is empty"]),
    ("limits.toml", "value = 63", "value = 63.5", ["must be a whole number"]),
    ("limits.toml", 'source = "https', 'source = "" # "https', ["source: is empty"]),
]


@pytest.mark.parametrize(("file", "old", "new", "words"), BROKEN, ids=[f"{b[0]}-{b[2][:24]}" for b in BROKEN])
def test_a_broken_row_is_named(folder: Path, file: str, old: str, new: str, words: list[str]) -> None:
    change(folder, file, old, new)
    with pytest.raises(InputError) as caught:
        load_from(folder)
    for word in words:
        assert word in str(caught.value)


def test_a_missing_table_is_named(folder: Path) -> None:
    (folder / "limits.toml").unlink()
    with pytest.raises(InputError, match=r"limits\.toml: this table is missing"):
        load_from(folder)


def test_a_target_without_machines_is_named(folder: Path) -> None:
    (folder / "machines.local.toml").unlink()
    with pytest.raises(InputError, match=r"machines\.local\.toml: this table is missing"):
        load_from(folder)
