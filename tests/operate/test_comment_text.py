"""What comes out of a stranger's run is text, and fits."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairlead.errors import InputError
from fairlead.operate.comment_text import MOST_BYTES, MOST_FILES, composed, gathered, harmless
from fairlead.preview.markdown import LONGEST

NOTHING = "\u200b"


def write(folder: Path, stack: str, text: str, kind: str = "preview") -> Path:
    path = folder / f"{stack}.md"
    path.write_text(f"<!-- fairlead-{kind}:{stack} -->\n{text}", encoding="utf-8")
    return path


def test_all_stacks_stand_in_one_text_by_name(tmp_path: Path) -> None:
    write(tmp_path, "gcp-dev", "### two\n")
    write(tmp_path, "aws-dev", "### one\n\n")
    assert gathered(tmp_path, "preview") == "<!-- fairlead-comment:preview -->\n### one\n\n### two\n"


def test_files_that_no_stage_writes_are_all_named(tmp_path: Path) -> None:
    write(tmp_path, "-s rm", "x")
    write(tmp_path, "aws-prod", "x", kind="drift")
    (tmp_path / "local.md").symlink_to("/etc/hostname")
    (tmp_path / "onprem.md").mkdir()
    (tmp_path / "aws-dev.sh").write_text("x")
    (tmp_path / "gcp-dev.md").write_bytes(b"\xff\xfe")
    (tmp_path / "gcp-prod.md").write_bytes(b"x" * (MOST_BYTES + 1))
    with pytest.raises(InputError) as raised:
        gathered(tmp_path, "preview")
    assert {one.where: one.what for one in raised.value.problems} == {
        "'aws-dev.sh'": "is not the name of a stack",
        "aws-prod.md": "its first line is another",
        "gcp-dev.md": "is no text in UTF-8",
        "gcp-prod.md": "is too long",
        "local.md": "is no plain file",
        "'-s rm.md'": "is not the name of a stack",
        "onprem.md": "is no plain file",
    }


def test_an_empty_folder_and_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is nothing in it"):
        gathered(tmp_path, "preview")
    with pytest.raises(InputError, match="there is no such folder"):
        gathered(tmp_path / "gone", "preview")


def test_a_flood_of_files_is_refused(tmp_path: Path) -> None:
    for number in range(MOST_FILES + 1):
        write(tmp_path, f"s{number}", "x")
    with pytest.raises(InputError, match="has too many files"):
        gathered(tmp_path, "preview")


@pytest.mark.parametrize(
    ("evil", "safe"),
    [
        ("ping @everyone", f"ping @{NOTHING}everyone"),
        ("ping &#64;everyone", f"ping &amp;#{NOTHING}64;everyone"),
        ("ping &commat;all", "ping &amp;commat;all"),
        ("[here](https://a.example)", f"[here]{NOTHING}(https://{NOTHING}a.example)"),
        ("[here]: //a.example", f"[here]{NOTHING}: //a.example"),
        ("![](x)", f"!{NOTHING}[]{NOTHING}(x)"),
        ("www.a.example", f"www{NOTHING}.a.example"),
        ("<img src=x>", "&lt;img src=x>"),
        (r"<details>\<img src=x>", "<details>&lt;img src=x>"),
        (r"\\<a href=x>", "&lt;a href=x>"),
        ("<details onclick=x>", "&lt;details onclick=x>"),
        ("<!-- fairlead-comment:drift -->", "&lt;!-- fairlead-comment:drift -->"),
        ("see lab/infra#12, !3 and GH-4", f"see lab/infra#{NOTHING}12, !{NOTHING}3 and GH{NOTHING}-4"),
        ("done\n/approve\n  /merge", f"done\n{NOTHING}/approve\n{NOTHING}  /merge"),
        ("```mermaid", f"```{NOTHING}mermaid"),
        ("~~~ geojson", f"~~~{NOTHING} geojson"),
    ],
)
def test_nothing_calls_leads_or_orders(evil: str, safe: str) -> None:
    assert harmless(evil) == safe
    assert harmless(safe) == safe


def test_what_previews_write_reads_the_same() -> None:
    text = (
        "### `aws-prod`: 1 to create\n\n<details open><summary>Deleted: 1</summary>\n\n| | resource | what |\n"
        "|---|---|---|\n| **delete** | net<br><sub>aws:ec2/vpc:Vpc</sub> | cidrBlock: 10.0.0.0/16, \\#1 \\& \\[x\\] |\n"
        "\n</details>\n"
    )
    assert harmless(text).replace(NOTHING, "") == text


def test_long_texts_are_cut_and_short_ones_are_not() -> None:
    long = "<details><summary>all</summary>\n\n" + "- a line of this stack\n" * 4000 + "\n</details>"
    text = composed("preview", {"aws-dev": long, "aws-prod": "short\n", "gcp-dev": long})
    assert LONGEST - 1000 < len(text) <= LONGEST
    assert text.count("<details") == text.count("</details>") == 2
    assert "\nshort\n" in text
    assert text.count("do not fit; the pipeline keeps the whole text") == 2
    assert "of 4004 lines of aws-dev" in text


def test_a_text_that_fits_is_whole() -> None:
    text = composed("preview", {"aws-dev": "x" * 30_000, "gcp-dev": "y" * 35_000})
    assert "do not fit" not in text
    assert text.endswith("y\n")


def test_one_line_that_is_too_long_is_left_out() -> None:
    text = composed("drift", {"aws-dev": "x" * LONGEST})
    assert len(text) < 300
    assert "_1 of 1 lines of aws-dev do not fit" in text
