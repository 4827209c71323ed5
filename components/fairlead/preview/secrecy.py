"""Keeps secrets out of reports: by where a value stands, by what it looks like, and wherever it turns up again.

It rather hides too much: that something has changed is said in any case.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from fairlead.preview.model import MISSING, Resource
from fairlead.preview.paths import Key, value_at
from fairlead.rules.unseen import SECRET as HIDDEN

MARKED = re.compile(r"\[secret(?: [0-9a-f]+)?\]")
"""What the program marked as secret, as `declared.record` writes it; digits tell one from another."""
SECRET = "kubernetes:core/v1:Secret"  # noqa: S105 - a type
OPEN = ("apiVersion", "immutable", "kind", "metadata", "type")
"""Parts of a Secret that are no secret."""
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
SHORTEST = 8
"""Characters that a hidden value must have to be looked for elsewhere: shorter ones are in every text."""
_WORDS = re.compile(r"[a-z]+(?:[- ][a-z]+)*")
"""Plain words are not looked for elsewhere either."""
SWITCHES = ("true", "false", "none", "null", "required", "optional", "enabled", "disabled")

_WORD = (
    r"(?:pass(?:word|wd|phrase)|secret|token|credentials?|bearer|private[_-]?key|client[_-]?key(?:[_-]?data)?"
    r"|(?:access|api|account|secret|shared|signing)[_-]?key(?![_-]?id)|connection[_-]?string)"
)
_NAMED = re.compile(rf"{_WORD}s?(?:[_-]?(?:value|data|base64|string|\d+))?$", re.IGNORECASE)
"""Names whose values are secrets. `secretName`, `tokenPath`, `secretKeyRef` are none: they say where one is."""
_LOOKS = (
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL),
    re.compile(r"\beyJ[\w-]{8,}\.[\w-]{4,}(?:\.[\w-]*)?"),
    re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    re.compile(r"\bgh[pousr]_\w{20,}|\bglpat-[\w-]{16,}|\bxox[abprs]-[\w-]{10,}|\bAIza[\w-]{30,}"),
    re.compile(r"(?<=://)[^/\s:@]*:[^/\s@]+(?=@)"),
    re.compile(r"(?i)(?<=\bbearer )[\w.~+/-]{8,}=*"),
    re.compile(r"(?i)(?<=\bsig=)[^&\s\"']+"),
)
"""What secrets look like, wherever they stand; of a URL the user and the password."""
_ASSIGNED = re.compile(
    rf"(?i)([\"']?[\w.-]*{_WORD}[\"']?\s*[:=]\s*|--?[\w-]*{_WORD}[= ])(?![\s{{\[$]|null\b|true\b|false\b)"
    r"(\"[^\"\n]*\"|'[^'\n]*'|[^\s\"',;}&]+)"
)
"""An assignment inside a longer text: of a configuration file, of a command line, of a connection string."""


class Veil:
    """Hides the secrets of a stack's resources, and finds them again in other texts."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        self._found: set[str] = set()
        self._seen: dict[str, str] = {}
        for one in resources:
            self.value(one, (), one.inputs)

    def value(self, resource: Resource, keys: Sequence[Key], value: Any) -> Any:
        """A value at a place of a resource's inputs as it may be shown."""
        if resource.type == SECRET and keys and keys[0] not in OPEN:
            return value if value is MISSING else self._all(value)
        return self._shown(value, _name(resource.inputs, keys), whole=resource.type == SECRET and not keys)

    def text(self, text: str) -> str:
        """A text as it may be shown: a finding's words, or a name."""
        for one in sorted(self._found, key=len, reverse=True):
            text = text.replace(one, HIDDEN)
        return self._searched(text)

    def _shown(self, value: Any, name: str, *, whole: bool = False) -> Any:
        if isinstance(value, Mapping):
            known = cast("Mapping[str, Any]", value)
            own = known.get("name")
            return {
                key: self._all(part)
                if whole and key not in OPEN
                else self._shown(part, own if key == "value" and isinstance(own, str) else key)
                for key, part in known.items()
            }
        if isinstance(value, list):
            return [self._shown(part, name) for part in cast("list[Any]", value)]
        if not isinstance(value, str):
            return value
        if name == LAST_APPLIED or (_NAMED.search(name) and not _plain(value)):
            return self._hidden(value)
        return self._searched(value)

    def _all(self, value: Any) -> Any:
        """Every text below a value hidden: what names there are is no secret."""
        if isinstance(value, Mapping):
            return {key: self._all(part) for key, part in cast("Mapping[str, Any]", value).items()}
        if isinstance(value, list):
            return [self._all(part) for part in cast("list[Any]", value)]
        return self._hidden(value) if isinstance(value, str) else HIDDEN

    def _hidden(self, value: str) -> str:
        if len(value) >= SHORTEST and not MARKED.fullmatch(value) and not _WORDS.fullmatch(value):
            self._found.add(value)
        return HIDDEN

    def _searched(self, text: str) -> str:
        """The text without what looks like a secret. Texts are the same on both sides mostly: each is searched once."""
        if text not in self._seen:
            shown = MARKED.sub(HIDDEN, text)
            for look in _LOOKS:
                shown = look.sub(lambda found: self._hidden(found[0]), shown)
            self._seen[text] = _ASSIGNED.sub(lambda found: found[1] + self._assigned(found[2]), shown)
        return self._seen[text]

    def _assigned(self, value: str) -> str:
        bare = value.strip("\"'")
        return value if _plain(bare) or bare == HIDDEN else self._hidden(bare)


def _plain(value: str) -> bool:
    """Whether a text is no secret though its name sounds so: a reference, a path, a switch, nothing."""
    elsewhere = value.startswith(("${", "/", "$(", "http://", "https://"))
    return not value or elsewhere or value.lower() in SWITCHES


def _name(inputs: Mapping[str, Any], keys: Sequence[Key]) -> str:
    """What a value is called: its key, or of `{name: …, value: …}` the name beside it."""
    names = [key for key in keys if isinstance(key, str)]
    if not names:
        return ""
    if names[-1] != "value" or keys[-1] != "value":
        return names[-1]
    beside = value_at(inputs, keys[:-1])
    own = cast("Mapping[str, Any]", beside).get("name") if isinstance(beside, Mapping) else None
    return own if isinstance(own, str) else "value"
