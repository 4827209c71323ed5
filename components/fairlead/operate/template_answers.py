"""What templates ask, and whether what is answered holds: every wrong answer is told at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, cast

from fairlead.errors import FairleadError, InputError, Problem, one_of
from fairlead.operate.template_source import FOLDER

ABOUT = re.compile(r"Validation error for question '(?P<name>\w+)': (?P<what>.*)", re.DOTALL)
"""How copier says that it does not take an answer."""


def questions() -> Mapping[str, Mapping[str, Any]]:
    """What is asked, by name, as copier's file has it."""
    import yaml

    read = cast("dict[str, Any]", yaml.safe_load((FOLDER / "copier.yml").read_text(encoding="utf-8")))
    return {name: asked for name, asked in read.items() if not name.startswith("_")}


def templates() -> Mapping[str, str]:
    """Name of each template -> what it is for."""
    choices = cast("Mapping[str, str]", questions()["template"]["choices"])
    return {name: text for text, name in choices.items()}


def check(
    data: Mapping[str, Any], before: Mapping[str, Any], attempt: Callable[[Mapping[str, Any]], set[str]]
) -> None:
    """Every answer that is given holds, beside those of before.

    attempt: renders a project with these answers and writes nothing; gives the questions that are not asked, and raises
    ValueError for the first answer that copier does not take. Raises InputError with all that do not hold.
    """
    asked, sound = questions(), dict(data)
    problems = [*_unknown(asked, sound), *_not_among(asked, sound)]
    kept = {name: value for name, value in before.items() if name in asked and name not in data}
    hidden: set[str] | None = None
    while hidden is None:
        try:
            hidden = attempt(kept | sound)
        except ValueError as error:
            problems.append(_taken_out(str(error), sound))
    if "template" in sound or "template" in kept or "template" not in data:
        problems += _hidden(asked, sound, hidden)
    if problems:
        raise InputError("command line", problems)


def _unknown(asked: Mapping[str, Mapping[str, Any]], sound: dict[str, Any]) -> list[Problem]:
    """Answers to what nobody asks; they are taken out."""
    names = [name for name in sound if name not in asked]
    for name in names:
        del sound[name]
    return [Problem(_option(name), "is no question", allowed=one_of(_open(asked), name)) for name in names]


def _not_among(asked: Mapping[str, Mapping[str, Any]], sound: dict[str, Any]) -> list[Problem]:
    """Answers that are none of the choices; they are taken out."""
    found: list[Problem] = []
    for name in [name for name in sound if "choices" in asked[name]]:
        choices = cast("Mapping[str, Any] | list[Any]", asked[name]["choices"])
        allowed = [str(one) for one in (choices if isinstance(choices, list) else choices.values())]
        given = str(sound[name])
        if given not in allowed:
            found.append(Problem(_option(name), "is none of them", given, one_of(allowed, given)))
            del sound[name]
    return found


def _taken_out(text: str, sound: dict[str, Any]) -> Problem:
    """The answer that copier does not take. Raises FairleadError where it is none of the given ones."""
    found = ABOUT.fullmatch(text)
    if found is None or found["name"] not in sound:
        raise FairleadError(f"the template's own answers do not fit: {text}")
    name = found["name"]
    return Problem(_option(name), "is not accepted", str(sound.pop(name)), found["what"])


def _hidden(
    asked: Mapping[str, Mapping[str, Any]], sound: Mapping[str, Any], hidden: set[str]
) -> list[Problem]:
    """Answers to what this template does not ask."""
    names = [name for name in _open(asked) if name not in hidden]
    what = "is not asked by this template"
    return [
        Problem(_option(name), what, str(sound[name]), one_of(names))
        for name in sorted(hidden & sound.keys())
    ]


def _open(asked: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Questions that may be answered, and are not only computed."""
    return [name for name, one in asked.items() if one.get("when") is not False]


def _option(name: str) -> str:
    return f"--{name}" if name in ("template", "name") else f"--data {name}"
