"""Rules of the code base that no other tool keeps."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from support.golden import REPO

PACKAGE = REPO / "components" / "fairlead"
CLOUD_WORDS = re.compile(r"\b(aws|gcp|azure|eks|gke|aks)\b", re.IGNORECASE)
MOST_LINES = 400
PURE = (
    "fairlead.spec.load",
    "fairlead.catalog.read",
    "fairlead.plan.load",
    "fairlead.plan.show",
    "fairlead.tools.setup",
    "fairlead.engine",
    "fairlead.operate.up",
    "fairlead.operate.status",
    "fairlead.cli.main",
    "fairlead.workload.model",
    "fairlead.workload.render",
    "fairlead.workload.client",
    "fairlead.targets.local.host",
)
"""Imported alone, none of these may bring the engine's SDK with it."""


@cache
def tracked() -> tuple[Path, ...]:
    """Every file of the repository that is or would be committed."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=REPO, capture_output=True, text=True, check=True)
    return tuple(path for name in done.stdout.split("\0") if name and (path := REPO / name).is_file())


def sources(*folders: str) -> list[Path]:
    found = [
        path for path in tracked() if path.suffix == ".py" and path.relative_to(REPO).parts[0] in folders
    ]
    assert found
    return found


def lines() -> Iterator[tuple[str, int, str]]:
    """File, number and text of every line of every text file."""
    for path in tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), 1):
            yield str(path.relative_to(REPO)), number, line


def test_imports_keep_their_direction() -> None:
    program = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run([str(program), "--no-cache"], cwd=REPO, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert re.search(r"Contracts: [6-9] kept, 0 broken", done.stdout), done.stdout


def loaded(module: str) -> set[str]:
    """Top-level packages in memory after one module is imported, in a fresh interpreter."""
    code = f"import sys, {module}; print(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("module", PURE)
def test_what_decides_and_what_commands_load_no_engine(module: str) -> None:
    assert not loaded(module) & {"pulumi", "pulumi_kubernetes", "grpc"}


def test_importing_the_package_loads_nothing_of_others() -> None:
    foreign = loaded("fairlead") - loaded("sys") - {"fairlead", "__future__"}
    assert foreign == set()


def test_the_program_loads_the_engine() -> None:
    """Without this the two tests above could look for a name that nobody uses."""
    assert "pulumi" in loaded("fairlead.program")


@pytest.mark.parametrize("folder", ["layers", "workload", "contract"])
def test_no_clouds_name_stands_where_every_cluster_is_the_same(folder: str) -> None:
    files = sorted((PACKAGE / folder).rglob("*.py"))
    assert len(files) >= 3
    text = {path: path.read_text().replace("aws.amazon.com/neuron", "") for path in files}
    # Settings of Hadoop have the names of stores in them, on every cluster, and Neuron's image that of its maker.
    text = {path: re.sub(r"fs\.azure\.|\|azure\||/opt/aws/neuron/", "", one) for path, one in text.items()}
    found = [(path.name, word) for path, one in text.items() for word in CLOUD_WORDS.findall(one)]
    assert found == []


def test_no_source_file_is_too_long() -> None:
    for path in sources("components", "stacks", "tools", "policies"):
        count = len(path.read_text().splitlines())
        assert count <= MOST_LINES, f"{path.relative_to(REPO)} has {count} lines"


def functions(node: ast.AST) -> Iterator[ast.FunctionDef]:
    for one in ast.walk(node):
        if isinstance(one, ast.FunctionDef) and one.name.startswith("test_"):
            yield one


def test_every_function_called_test_is_one_that_pytest_collects() -> None:
    """A test inside a function, behind a twin of the same name or in a file of another name never runs."""
    seen = 0
    for path in sources("tests"):
        tree = ast.parse(path.read_text())
        names = [one.name for one in functions(tree)]
        if names:
            assert path.name.startswith("test_"), f"pytest does not look into {path.name}"
        top = [
            one.name for one in tree.body if isinstance(one, ast.FunctionDef) and one.name.startswith("test_")
        ]
        assert sorted(names) == sorted(top), f"{path.name}: not at the top of the file"
        assert len(set(names)) == len(names), f"{path.name}: two tests of one name, the first never runs"
        seen += len(names)
    assert seen > 300


def test_test_files_have_names_of_their_own() -> None:
    """Without packages, two files of one name hide each other."""
    bare = [
        p.name
        for p in sources("tests")
        if p.name.startswith("test_") and not (p.parent / "__init__.py").exists()
    ]
    assert sorted(bare) == sorted(set(bare))


def asserts(node: ast.AST) -> bool:
    """Whether a function can fail by its own doing: an assertion, an expected error, a check that raises."""
    for one in ast.walk(node):
        if isinstance(one, ast.Assert):
            return True
        if isinstance(one, ast.Call):
            name = one.func.attr if isinstance(one.func, ast.Attribute) else getattr(one.func, "id", "")
            if name in {"raises", "fail"} or name.startswith(("check", "assert", "verify")):
                return True
    return False


def test_every_test_can_fail() -> None:
    """A test asserts by itself or through a helper of its own file that does."""
    for path in sources("tests"):
        tree = ast.parse(path.read_text())
        helpers = {one.name for one in ast.walk(tree) if isinstance(one, ast.FunctionDef) and asserts(one)}
        for test in functions(tree):
            called = {
                c.func.id for c in ast.walk(test) if isinstance(c, ast.Call) and isinstance(c.func, ast.Name)
            }
            assert asserts(test) or called & helpers, f"{path.name}: {test.name} asserts nothing"


def stray_strings(tree: ast.AST) -> list[int]:
    """Lines of strings that stand alone and document nothing: the lost second half of a message."""
    found: list[int] = []
    for node in ast.walk(tree):
        for name in ("body", "orelse", "finalbody", "handlers"):
            block = getattr(node, name, None)
            if isinstance(block, list):
                found += _stray(node, name, block)
    return found


def _stray(owner: ast.AST, name: str, block: list[ast.stmt]) -> Iterator[int]:
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for place, one in enumerate(block):
        text = isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant | ast.JoinedStr)
        if not text or (isinstance(one.value, ast.Constant) and one.value.value is Ellipsis):
            continue
        docstring = place == 0 and name == "body" and isinstance(owner, documented)
        attribute = place > 0 and isinstance(block[place - 1], ast.Assign | ast.AnnAssign | ast.TypeAlias)
        if not docstring and not (attribute and isinstance(owner, ast.Module | ast.ClassDef)):
            yield one.lineno


if not hasattr(ast, "TypeAlias"):  # Python 3.11 knows no `type` statement
    ast.TypeAlias = ast.AnnAssign  # type: ignore[attr-defined]


def test_no_half_of_a_message_is_lost() -> None:
    for path in sources("components", "stacks", "tools", "tests", "policies"):
        assert stray_strings(ast.parse(path.read_text())) == [], path.name


def test_the_search_for_lost_halves_finds_them() -> None:
    code = 'def f():\n    """Doc."""\n    x = "one"\n    "two"\n    f"three"\n\n\nY = 1\n"""Meaning."""\n'
    assert stray_strings(ast.parse(code)) == [4, 5]


MAPS = {
    "attribute_mapping",
    "labels",
    "metadata",
    "node_labels",
    "parameters",
    "resource_labels",
    "tags",
    "user_labels",
}
"""Inputs of the clouds' SDKs that are maps whose keys the user chooses, so that no class describes them."""


def untyped(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and name of each input of an SDK's class that is written as a dict where the SDK has an Args class."""
    imported = [one for one in ast.walk(tree) if isinstance(one, ast.ImportFrom | ast.Import)]
    names = {
        (alias.asname or alias.name).partition(".")[0]
        for one in imported
        for alias in one.names
        if (getattr(one, "module", None) or alias.name).startswith("pulumi_")
    }
    for call in (one for one in ast.walk(tree) if isinstance(one, ast.Call)):
        first = call.func
        while isinstance(first, ast.Attribute):
            first = first.value
        if isinstance(first, ast.Name) and first.id in names:
            for given in call.keywords:
                if given.arg not in MAPS and any(_is_dict(part) for part in _written(given.value)):
                    yield call.lineno, str(given.arg)


def _is_dict(node: ast.expr) -> bool:
    made = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "dict"
    return made or isinstance(node, ast.Dict | ast.DictComp)


def _written(node: ast.expr) -> Iterator[ast.expr]:
    """What an input consists of: itself, or the members and choices that are written in its place."""
    yield node
    match node:
        case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.BoolOp(values=parts):
            inner = parts
        case ast.IfExp(body=one, orelse=other):
            inner = [one, other]
        case ast.ListComp(elt=one) | ast.Starred(value=one):
            inner = [one]
        case _:
            inner = []
    for part in inner:
        yield from _written(part)


def test_what_is_declared_is_written_in_the_sdks_own_classes() -> None:
    files = [
        path for cloud in ("aws", "azure", "gcp") for path in (PACKAGE / "targets" / cloud).rglob("*.py")
    ]
    assert len(files) > 20
    found = [(path.name, *one) for path in files for one in untyped(ast.parse(path.read_text()))]
    assert found == []


def test_the_search_for_untyped_inputs_finds_them() -> None:
    code = (
        "from pulumi_gcp import container\nimport pulumi_aws as aws\n"
        "container.Cluster('c', release_channel={'channel': 'REGULAR'}, resource_labels={'a': 'b'})\n"
        "aws.eks.ClusterArgs(vpc_config=[{'a': 1}] if x else None, policy=json.dumps({'a': 1}))\n"
        "other.Thing(config={'a': 1})\n"
    )
    assert list(untyped(ast.parse(code))) == [(3, "release_channel"), (4, "vpc_config")]


MARKERS = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "X" * 3)) + r")\b")


def test_nothing_is_left_for_later() -> None:
    assert [where for *where, line in lines() if MARKERS.search(line)] == []


PUBLIC_HOSTS = (
    r"127\.0\.0\.1|100\.64\.77\.\d+|localhost|far|(.+\.)?example\.(org|com|dev)|.+\.test|.+\.example|.+\.cluster\.local|.+\.svc"
    r"|(.+\.)?(github\.com|githubusercontent\.com|github\.io|k8s\.io|kubernetes\.io|pulumi\.com|helm\.sh"
    r"|debian\.org|pypi\.org|readthedocs-hosted\.com|amd\.com|nvidia\.com|cloud\.google\.com|amazon\.com"
    r"|microsoft\.com|cast\.ai|json-schema\.org|w3\.org|apache\.org|semver\.org|keepachangelog\.com|go\.dev"
    r"|googleapis\.com|azure\.com|vault\.azure\.net|azure\.cn|endoflife\.date|bottlerocket\.dev|karpenter\.sh|public\.ecr\.aws|aspire\.dev|zacfukuda\.com"
    r"|ghcr\.io|docker\.io|charts\.jetstack\.io|keda\.sh|charts\.external-secrets\.io|postgresql\.org|kubeflow\.org|kueue\.sh|python\.org|etcd\.io|sre\.google|prometheus\.io|envoyproxy\.io|containerd\.io|cni\.dev|kernel\.org|skypilot\.co|mlflow|truststore\.pki\.rds\.amazonaws\.com|cacerts\.digicert\.com|metadata\.google\.internal"
    r"|ossrdbms-aad\.database\.windows\.net)"
)
"""Hosts that a file of this repository may name: public sources, and addresses that lead nowhere else."""
URL = re.compile(r"\b(?:https?|oci|ssh|git)://(?:[^/@\s\"'`]+@)?([A-Za-z0-9][A-Za-z0-9.-]*)")


def test_only_public_hosts_are_named() -> None:
    found = {
        (name, host)
        for name, _, line in lines()
        for host in URL.findall(line.replace("\\.", "."))
        if not re.fullmatch(PUBLIC_HOSTS, host.rstrip("."))
    }
    assert found == set()


def test_every_test_that_a_text_names_is_there() -> None:
    named = [
        (place, number, name)
        for place, number, text in lines()
        for name in re.findall(r"\btests/[a-z0-9_/]+\.py\b", text)
        if not place.startswith("tests/architecture/")
    ]
    assert named
    assert not [one for one in named if not (REPO / one[2]).is_file()]


def test_the_lock_of_python_packages_names_no_index() -> None:
    text = (REPO / "requirements.lock").read_text()
    assert text.count("--hash=sha256:") > 50
    assert not re.search(r"^\s*--(index-url|extra-index-url|find-links|trusted-host)", text, re.MULTILINE)


def test_no_path_of_somebodys_machine_is_written_down() -> None:
    paths = re.compile(r"(?<![\w.])/(home|Users|work)/[a-z]")
    allowed = {"/home/kubernetes", "/home/mpiuser", "/home/spark", "/home/user"}
    found = [
        (name, number)
        for name, number, line in lines()
        if paths.search(re.sub("|".join(allowed), "", line)) and not name.endswith("test_structure.py")
    ]
    assert found == []


def test_no_image_or_chart_moves() -> None:
    moving = re.compile(r"[\w.-]+/[\w./-]+:(latest|main|master|nightly)\b")
    files = [p for p in tracked() if p.suffix in {".toml", ".yaml", ".yml"} and "spec/bad" not in str(p)]
    assert len(files) >= 10
    assert [(p.name, m[0]) for p in files for m in [moving.search(p.read_text())] if m] == []
