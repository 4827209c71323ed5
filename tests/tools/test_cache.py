"""The cache: complete or absent, whatever happens in between."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from fairlead.tools.cache import MANIFEST, Cache, Item, recipe_digest

ITEM = Item("tools/demo/1.0", "1.0", "abc", ("demo",))


def put(cache: Cache, item: Item = ITEM, text: str = "one") -> Path:
    with cache.lock(item.key), cache.scratch(item.key) as scratch:
        made = scratch / "item"
        made.mkdir()
        for name in item.files:
            (made / name).write_text(text)
        return cache.commit(item, made, how="test", source="here")


def test_an_item_is_absent_before_and_present_after_its_commit(cache: Cache) -> None:
    assert not cache.present(ITEM)
    folder = put(cache)
    assert cache.present(ITEM)
    assert folder == cache.path(ITEM)
    manifest = cache.manifest(ITEM)
    assert manifest is not None
    assert (manifest["version"], manifest["how"], manifest["source"]) == ("1.0", "test", "here")
    assert len(manifest["files"]["demo"]["sha256"]) == 64


def test_a_cut_off_file_makes_the_item_absent(cache: Cache) -> None:
    os.truncate(put(cache) / "demo", 1)
    assert not cache.present(ITEM)


def test_a_cut_off_file_is_noticed_even_under_its_old_time(cache: Cache) -> None:
    path = put(cache) / "demo"
    before = path.stat()
    os.truncate(path, 1)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert not cache.present(ITEM)


def test_a_file_changed_in_place_makes_the_item_absent(cache: Cache) -> None:
    (put(cache) / "demo").write_text("two")
    assert not cache.present(ITEM)


def test_a_file_that_was_only_touched_is_still_good(cache: Cache) -> None:
    os.utime(put(cache) / "demo", (1, 1))
    assert cache.present(ITEM)


def test_a_missing_file_makes_the_item_absent(cache: Cache) -> None:
    (put(cache) / "demo").unlink()
    assert not cache.present(ITEM)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"recipe": "abc"}'])
def test_a_damaged_manifest_makes_the_item_absent(cache: Cache, text: str) -> None:
    (put(cache) / MANIFEST).write_text(text)
    assert not cache.present(ITEM)


def test_another_recipe_makes_the_item_absent_and_a_commit_replaces_it(cache: Cache) -> None:
    put(cache)
    changed = Item(ITEM.folder, "1.0", "def", ITEM.files)
    assert not cache.present(changed)
    put(cache, changed, "two")
    assert cache.present(changed)
    assert (cache.path(changed) / "demo").read_text() == "two"
    assert not list(cache.staging.iterdir())


def test_two_items_of_one_scratch_can_both_replace_older_ones(cache: Cache) -> None:
    first, second = ITEM, Item("tools/other/1.0", "1.0", "abc", ("other",))
    put(cache, first)
    put(cache, second)
    with cache.locks([first.key, second.key]), cache.scratch(first.key) as scratch:
        for item in (first, second):
            made = scratch / item.files[0]
            made.mkdir()
            (made / item.files[0]).write_text("new")
            cache.commit(item, made, how="test", source="here")
    assert all((cache.path(item) / item.files[0]).read_text() == "new" for item in (first, second))


def test_extra_files_of_a_commit_are_checked_too(cache: Cache) -> None:
    with cache.scratch(ITEM.key) as scratch:
        made = scratch / "item"
        made.mkdir()
        (made / "demo").write_text("x")
        (made / "more").write_text("y")
        folder = cache.commit(ITEM, made, how="test", source="here", extra=["more"])
    (folder / "more").write_text("changed")
    assert not cache.present(ITEM)


def test_a_failed_step_leaves_neither_item_nor_scratch(cache: Cache) -> None:
    def commit_nothing() -> None:
        with cache.scratch(ITEM.key) as scratch:
            (scratch / "item").mkdir()
            cache.commit(ITEM, scratch / "item", how="test", source="here")

    with pytest.raises(FileNotFoundError):
        commit_nothing()
    assert not cache.present(ITEM)
    assert not list(cache.staging.iterdir())


HALFWAY = """
    import os, signal, sys
    from pathlib import Path
    from fairlead.tools.cache import Cache, Item
    cache, item = Cache(Path(sys.argv[1])), Item("tools/demo/1.0", "1.0", "abc", ("demo",))
    with cache.lock(item.key), cache.scratch(item.key) as scratch:
        made = scratch / "item"
        made.mkdir()
        (made / "demo").write_text("half")
        os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_run_killed_halfway_leaves_no_item_no_lock_and_the_next_one_cleans_up(cache: Cache) -> None:
    killed = subprocess.run([sys.executable, "-c", textwrap.dedent(HALFWAY), str(cache.root)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert list(cache.staging.iterdir())
    assert not cache.present(ITEM)
    put(cache)
    assert cache.present(ITEM)
    assert not list(cache.staging.iterdir())


TOGETHER = """
    import sys
    from pathlib import Path
    from fairlead.tools.cache import Cache, Item
    cache, item = Cache(Path(sys.argv[1])), Item("tools/demo/1.0", "1.0", "abc", ("demo",))
    sys.stdin.readline()
    with cache.lock(item.key), cache.scratch(item.key) as scratch:
        if not cache.present(item):
            made = scratch / "item"
            made.mkdir()
            (made / "demo").write_text("x" * 1000)
            cache.commit(item, made, how="test", source="here")
            print("made")
"""


def test_of_runs_at_the_same_time_one_makes_the_item(cache: Cache) -> None:
    argv = [sys.executable, "-c", textwrap.dedent(TOGETHER), str(cache.root)]
    runs = [
        subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(4)
    ]
    for run in runs:
        assert run.stdin is not None
        run.stdin.write("go\n")
        run.stdin.flush()
    answers = [run.communicate()[0].strip() for run in runs]
    assert all(run.returncode == 0 for run in runs)
    assert sorted(answers) == ["", "", "", "made"]


def test_waiting_for_another_run_is_said_once(cache: Cache) -> None:
    holder = Cache(cache.root)
    said: list[str] = []
    script = (
        "import sys; from pathlib import Path; from fairlead.tools.cache import Cache\n"
        "with Cache(Path(sys.argv[1])).lock('k'):\n print('held', flush=True); sys.stdin.readline()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(cache.root)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"

        def let_go(text: str) -> None:
            said.append(text)
            other.stdin.write("\n")  # type: ignore[union-attr]
            other.stdin.flush()  # type: ignore[union-attr]

        with holder.lock("k", let_go):
            assert said == ["another run is busy with k; waiting for it"]


def test_the_root_follows_the_environment() -> None:
    assert Cache.default({"FAIRLEAD_CACHE": "/a", "XDG_CACHE_HOME": "/b"}).root == Path("/a")
    assert Cache.default({"XDG_CACHE_HOME": "/b"}).root == Path("/b/fairlead")
    assert Cache.default({}).root == Path.home() / ".cache" / "fairlead"


def test_a_recipe_digest_does_not_depend_on_the_order_of_keys() -> None:
    assert recipe_digest({"a": 1, "b": 2}) == recipe_digest(json.loads('{"b": 2, "a": 1}'))
    assert recipe_digest({"a": 1}) != recipe_digest({"a": 2})
