"""Model Registry's server as upstream has it, and what its build mends."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml
from reference.gomodule import go_module

from fairlead.catalog import lock
from fairlead.catalog.ways import GoWay
from fairlead.contract.database import Database, SecretKey
from fairlead.layers.model_registry import place, server
from fairlead.plan.model_registry_model import IMAGE
from fairlead.tools import gobuild


def box() -> Any:
    """The server's container."""
    kept = Database("db", 5432, "d", "u", SecretKey("s", "password"), SecretKey("s", "ca.crt"), [])
    made = server.objects("team-a", kept, ("server", "postgres"), 1, {})
    [deployment] = [obj for obj in made if obj["kind"] == "Deployment"]
    [found] = deployment["spec"]["template"]["spec"]["containers"]
    return found


def way() -> GoWay:
    build = lock.images()[IMAGE].build
    assert build is not None
    assert build.go is not None
    return build.go


def module() -> Path:
    pinned = way().module
    assert pinned is not None
    return Path(go_module(pinned.query, pinned.sum))


def upstream(path: str) -> Any:
    return yaml.safe_load((module() / "manifests/kustomize" / path).read_text())


def test_the_server_is_started_as_upstreams_manifests_start_it() -> None:
    ours = box()
    [theirs] = upstream("base/model-registry-deployment.yaml")["spec"]["template"]["spec"]["containers"]
    [patched] = upstream("overlays/postgres/patches/model-registry-deployment.yaml")["spec"]["template"][
        "spec"
    ]["containers"]
    assert ours["command"] == theirs["command"]
    assert [arg.partition("=")[0] for arg in ours["args"]] == [
        arg.partition("=")[0] for arg in patched["args"]
    ]
    assert {"--datastore-type=embedmd", "--embedmd-database-type=postgres"} <= {*ours["args"]} & {
        *patched["args"]
    }
    assert ours["readinessProbe"]["httpGet"]["path"] == theirs["readinessProbe"]["httpGet"]["path"]
    assert [one["containerPort"] for one in theirs["ports"]] == [place.PORT]
    known = (module() / "cmd/proxy.go").read_text()
    for arg in ours["args"]:
        assert f'"{arg.partition("=")[0].removeprefix("--")}"' in known
    row = lock.images()[IMAGE].build
    assert row is not None
    assert (row.binary, row.user) == (ours["command"][0], f"{server.USER}:{server.USER}")
    assert row.user in (module() / "Dockerfile").read_text()


def test_an_empty_connection_is_refused_so_that_the_schema_is_named_in_it() -> None:
    """Everything else is libpq's: with a host in it, the variables would not be read."""
    assert 'if dsn == ""' in (module() / "internal/proxy/readiness.go").read_text()
    ours = box()
    [dsn] = [arg.partition("=")[2] for arg in ours["args"] if "dsn" in arg]
    assert dsn == "search_path=tenant_team_a"


def test_tables_are_made_in_the_schema_that_the_connection_names() -> None:
    steps = sorted((module() / "internal/datastore/embedmd/postgres/migrations").glob("*.up.sql"))
    assert len(steps) == 21
    assert not [one.name for one in steps if "public." in one.read_text().lower()]


TABLES = "ParentContext|ContextProperty|Context|ArtifactProperty|Artifact|Attribution|Association"
RAW = re.compile(rf"""(?:JOIN |")(?:{TABLES}|ExecutionProperty|Execution)[. ]""")
"""A name of a table in the words of a query, without quotes of its own."""


def queries(source: Path) -> list[str]:
    folder = source / "internal/db"
    files = [one for one in folder.rglob("*.go") if not one.name.endswith("_test.go")]
    lines = [line for one in files for line in one.read_text().splitlines()]
    return [line for line in lines if RAW.search(line) and "Errorf" not in line]


def test_no_query_of_the_program_that_is_built_names_a_table_without_quotes(tmp_path: Path) -> None:
    """PostgreSQL reads such a name in small letters: the released program registers no version."""
    assert len(queries(module())) > 20
    built = gobuild._changed(module(), {}, {}, tmp_path / "copy")
    gobuild._edit(built, way().edits)
    assert queries(built) == []
    text = (built / "internal/db/filter/query_builder.go").read_text()
    assert not re.findall(r'(?:tablePrefix|propertyTable) = "', text)
    assert text.count("tablePrefix = `") == 4
    assert (built / "internal/db/scopes/paginate.go").read_text().count("strconv.Quote(tablePrefix) + ") == 2


def test_the_part_of_the_module_that_its_zip_lacks_is_pinned_beside_it(tmp_path: Path) -> None:
    assert not (module() / "pkg/openapi").exists()
    built = gobuild._changed(module(), {}, {}, tmp_path / "copy")
    gobuild._edit(built, way().edits)
    beside = "github.com/kubeflow/model-registry/pkg/openapi"
    assert f"replace {beside} => {beside} v0.3.0" in (built / "go.mod").read_text()
    assert re.search(rf"^{beside} v0\.3\.0 h1:\S{{44}}$", (built / "go.sum").read_text(), re.MULTILINE)
