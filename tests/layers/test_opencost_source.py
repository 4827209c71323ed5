"""OpenCost as upstream has it: its words, its table, what it looks at, what it tells."""

from __future__ import annotations

import json
import re
from pathlib import Path

import yaml
from reference.gomodule import go_module
from support.rights import granted

from fairlead.catalog import lock
from fairlead.layers.opencost import prices, server
from fairlead.layers.opencost.place import KEPT, PORT, USER
from fairlead.plan.opencost import LONGEST
from fairlead.plan.opencost_model import COUNTED, IMAGE, SETTINGS, OpencostPlan, PoolPrice


def module() -> Path:
    build = lock.images()[IMAGE].build
    assert build is not None
    assert build.go is not None
    assert build.go.module is not None
    return Path(go_module(build.go.module.query, build.go.module.sum))


def text(path: str) -> str:
    return (module() / path).read_text(encoding="utf-8")


def test_every_word_of_its_environment_is_known_to_it() -> None:
    known = set(re.findall(r'=\s+"([A-Z_]+)"', text("pkg/env/costmodelenv.go")))
    assert set(server.environment("lab")) <= known
    switches = dict(re.findall(r"GetBool\((\w+)EnvVar, (true|false)\)", text("pkg/env/costmodelenv.go")))
    on = {name for name, said in switches.items() if said == "true"}
    assert {"CacheWarmingEnabled", "ErrorReportingEnabled", "LogCollectionEnabled"} <= on
    assert f"GetInt(APIPortEnvVar, {PORT})" in text("pkg/env/costmodelenv.go")
    flags = text("pkg/cmd/commands.go")
    assert '"disable-log-color"' in flags


def test_the_table_has_the_columns_that_it_reads_in_their_order() -> None:
    source = text("pkg/cloud/provider/csvprovider.go")
    kind = source.partition("type price struct {")[2].partition("}")[0]
    columns = re.findall(r'csv:"(\w+)"', kind)
    values = dict(
        zip(columns, prices.table([PoolPrice("h100", "spot", 1.5)]).strip().split(","), strict=True)
    )
    assert {name: value for name, value in values.items() if value} == {
        "InstanceID": "h100",
        "AssetClass": "node",
        "InstanceIDField": "metadata.labels.fairlead.dev/pool",
        "InstanceType": "h100/spot",
        "MarketPriceHourly": "1.5",
    }
    # The key is made small, the label is not: names of pools are small.
    assert "strings.ToLower(p.InstanceID)" in source
    assert 'strings.Join(mf[2:len(mf)], ".")' in source
    assert "csvutil.NewDecoder(csvReader, header...)" in source, "a line of titles would be a row"


def test_the_settings_have_its_names_and_it_opens_no_other_file() -> None:
    known = set(re.findall(r'json:"(\w+)', text("pkg/cloud/models/models.go")))
    assert set(json.loads(prices.settings())) <= known
    files = set(re.findall(r'configFileName(?: =|:) +"(\w+\.json)"', text("pkg/cloud/provider/provider.go")))
    assert files == {*SETTINGS}


def test_the_weights_are_upstreams_and_the_parts_are_made_as_it_is_counted_on() -> None:
    theirs = json.loads(text("configs/default.json"))
    assert (float(theirs["CPU"]), float(theirs["RAM"])) == (prices.CPU, prices.RAM)
    source = text("pkg/costmodel/costmodel.go")
    assert "ramMultiple := gpuc*gpuToRAMRatio + cpu*cpuToRAMRatio + ramGB" in source
    assert 'newCnode.GPUCost = fmt.Sprintf("%f", gpuPrice)' in source
    assert f'Capacity["{COUNTED}"]' in source
    metrics = text("pkg/costmodel/metrics.go")
    assert "if cpuCost < outlierFactor*avgCosts.CpuCostAverage" in metrics, "a price of nothing is not told"
    assert f'ComputeCostData(cmme.PrometheusClient, cmme.CloudProvider, "{2 * LONGEST // 60}m"' in metrics


def test_it_may_look_at_what_it_waits_for_and_at_nothing_else() -> None:
    source = text("pkg/clustercache/clustercache.go")
    watched = dict(re.findall(r'(\w+):\s+NewCachingWatcher\(\w+, "(\w+)"', source))
    waited = set(re.findall(r"go initializeCache\(kcc\.(\w+), ", source))
    kinds = {watched[name] for name in waited}
    assert {kind for kinds_ in server.KINDS.values() for kind in kinds_} == kinds - {"configmaps"}
    made = server.objects(OpencostPlan(True, "1Gi"), "lab", "opencost", {})
    [ours] = [set(granted(obj["rules"])) for obj in made if obj["kind"] == "ClusterRole"]
    objects = yaml.safe_load_all(text("kubernetes/opencost.yaml"))
    [theirs] = [set(granted(obj["rules"])) for obj in objects if obj and obj["kind"] == "ClusterRole"]
    assert ours < theirs


def test_what_is_kept_of_it_it_tells_and_what_its_queries_ask_for_is_there() -> None:
    told = text("pkg/costmodel/metrics.go") + "".join(
        path.read_text() for path in sorted((module() / "pkg/metrics").glob("*.go"))
    )
    names = set(re.findall(r'"((?:container|kube|kubecost|node)_\w+)"', told))
    for pattern in KEPT:
        assert [name for name in names if re.fullmatch(pattern, name)], pattern
    asked = set(
        re.findall(r"\b(node_\w+cost|container_\w+_allocation\w*)\{", text("pkg/costmodel/allocation.go"))
    )
    assert asked
    assert [name for name in asked if not re.fullmatch("|".join(KEPT), name)] == []


def test_it_answers_its_probe_and_runs_as_its_user() -> None:
    assert '"/healthz"' in text("pkg/cmd/costmodel/costmodel.go")
    assert f"USER {USER}\n" in text("Dockerfile")
    build = lock.images()[IMAGE].build
    assert build is not None
    assert f'ENTRYPOINT ["{build.binary}"]' in text("Dockerfile")
