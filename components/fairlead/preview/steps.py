"""From what a stack declared and what it declares to the steps between."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from fairlead.catalog.immutable import PROVIDERS, known, row_of
from fairlead.preview import diff, forcing
from fairlead.preview.model import MISSING, Field, Refusal, Resource, Step, Verdict
from fairlead.preview.paths import Key, begins, parsed, value_at, written
from fairlead.preview.references import Book, Use

PROVIDER = "provider"
"""Path of a resource's provider among what changes: it is no input."""


def steps(before: Sequence[Resource], after: Sequence[Resource]) -> tuple[Step, ...]:
    """A step for every resource but components, sorted by URN."""
    return _Pairs(before, after).steps()


class _Pairs:
    """Resources that were there beside those that will be, and what follows from one to the next."""

    def __init__(self, before: Sequence[Resource], after: Sequence[Resource]) -> None:
        self._old = {one.urn: one for one in before if one.custom}
        self._new = {one.urn: one for one in after if one.custom}
        self._book = Book(self._new.values())
        self._was = {urn: old for urn, one in self._new.items() if (old := self._former(one))}
        self._fields = {urn: self._own(urn) for urn in self._was}

    def steps(self) -> tuple[Step, ...]:
        self._follow()
        stay = {one.urn for one in self._was.values()}
        made = [self._kept(urn) if urn in self._was else self._made(urn) for urn in self._new]
        gone = [self._gone(one) for urn, one in self._old.items() if urn not in stay]
        return tuple(sorted([*made, *gone], key=lambda step: step.resource.urn))

    def _former(self, one: Resource) -> Resource | None:
        """The resource as it was: by its URN, or by an alias that says how it was called."""
        if one.urn in self._old:
            return self._old[one.urn]
        head = one.urn.rpartition("::")[0]
        for alias in one.aliases:
            urn = alias if alias.startswith("urn:") else f"{head}::{alias}"
            if urn in self._old and urn not in self._new:
                return self._old[urn]
        return None

    def _own(self, urn: str) -> dict[str, Field]:
        """What differs between the inputs of one resource, by path."""
        old, new = self._was[urn], self._new[urn]
        found = diff.fields(old.inputs, new.inputs, new.ignore_changes)
        judged = forcing.forced(new, found, self._provider(new), first=old)
        if self._moved(old.provider, new.provider):
            because = f"provider {new.provider.rpartition('::')[2]} leads elsewhere"
            judged.append(Field(PROVIDER, old.provider, new.provider, True, because))
        return {one.path: one for one in judged}

    def _moved(self, old: str, new: str) -> bool:
        """Whether another provider is so different that the engine replaces what it serves: by their inputs.

        pkg/v3 v3.255.0, resource/deploy/step_generator.go, providerChanged.
        """
        was, now = self._old.get(old), self._new.get(new)
        if old == new or was is None or now is None or new in self._old:
            return False
        return any(one.forces for one in forcing.forced(now, diff.fields(was.inputs, now.inputs), {}))

    def _provider(self, one: Resource) -> Mapping[str, Any]:
        named = self._new.get(one.provider)
        return named.inputs if named else {}

    def _replaced(self, urn: str) -> bool:
        return any(one.forces for one in self._fields.get(urn, {}).values())

    def _follow(self) -> None:
        """Carries replacements on until nothing more follows from them."""
        for urn in self._was:
            self._carry(urn)
        waiting = [urn for urn in self._was if self._replaced(urn)]
        done: set[str] = set()
        while waiting:
            urn = waiting.pop()
            if urn in done:
                continue
            done.add(urn)
            waiting += [one for one in self._after(urn) if self._replaced(one) and one not in done]

    def _carry(self, urn: str) -> None:
        """A provider's input that its resources take over counts as theirs."""
        provider = self._new[urn]
        row = row_of(provider.type) if provider.type.startswith(PROVIDERS) else None
        for key in row.carried if row else ():
            changed = self._fields[urn].get(key)
            for other in self._served.get(urn, ()) if changed else ():
                one = self._new[other]
                own = row_of(one.type)
                apart = row.apart if row else ()
                has = not one.type.startswith(apart) if apart else bool(own and key in own.replace)
                if changed and has and key not in one.inputs and other in self._fields:
                    because = f"the provider's {key} is another one"
                    self._fields[other][key] = Field(key, changed.old, changed.new, True, because)

    @cached_property
    def _served(self) -> Mapping[str, Sequence[str]]:
        """Provider -> resources that name it."""
        return _grouped((one.provider, urn) for urn, one in self._new.items() if one.provider)

    @cached_property
    def _users(self) -> Mapping[str, Sequence[tuple[str, Use]]]:
        """Resource -> who refers to it, and where."""
        return _grouped(
            (use[1], (urn, use)) for urn, one in self._new.items() for use in self._book.uses(one.inputs)
        )

    def _after(self, urn: str) -> Iterable[str]:
        """Resources that a replacement of this one changes: by its provider, or by a value that is unknown now."""
        name = self._new[urn].name
        for other in self._served.get(urn, ()):
            if other in self._fields:
                because = f"provider {name} is replaced"
                self._fields[other][PROVIDER] = Field(PROVIDER, urn, urn, True, because)
                yield other
        for other, (keys, _, path) in self._users.get(urn, ()):
            if other in self._fields and not self._ignored(other, keys):
                self._unknown(other, keys, f"{name} is replaced: its {path or 'value'} is known after that")
                yield other

    def _ignored(self, urn: str, keys: Sequence[Key]) -> bool:
        return any(begins(keys, parsed(path)) for path in self._new[urn].ignore_changes)

    def _unknown(self, urn: str, keys: tuple[Key, ...], because: str) -> None:
        path, one = written(keys), self._new[urn]
        known_already = self._fields[urn].get(path)
        if known_already is not None:
            return
        value = value_at(one.inputs, keys)
        (judged,) = forcing.forced(
            one, [(keys, Field(path, value, value, because=because))], self._provider(one)
        )
        self._fields[urn][path] = judged

    def _kept(self, urn: str) -> Step:
        old, new, found = self._was[urn], self._new[urn], self._fields[urn]
        fields = tuple(found[path] for path in sorted(found))
        verdict: Verdict = "replace" if self._replaced(urn) else "update" if fields else "same"
        return Step(
            verdict,
            old,
            new,
            fields,
            renamed_from=old.name if old.urn != new.urn else "",
            refused=self._refused(old, new) if verdict == "update" else (),
            unsure=verdict == "update" and not known(new.type) and not new.type.startswith(PROVIDERS),
            delete_first=verdict == "replace" and _in_place(old, new),
            keeps=_keeps(old) if verdict == "replace" else "",
        )

    def _refused(self, old: Resource, new: Resource) -> tuple[Refusal, ...]:
        changes = diff.fields(old.inputs, new.inputs, new.ignore_changes)
        return tuple(forcing.refusals(old, new, changes, self._definitions.get(new.type, ())))

    @cached_property
    def _definitions(self) -> Mapping[str, Sequence[str]]:
        return forcing.fixed_by_definitions(self._old.values())

    def _made(self, urn: str) -> Step:
        return Step("create", None, self._new[urn])

    def _gone(self, one: Resource) -> Step:
        return Step("delete", one, None, keeps=_keeps(one))


def _keeps(one: Resource) -> str:
    row = row_of(one.type)
    return row.keeps if row and not one.retain_on_delete else ""


def _in_place(old: Resource, new: Resource) -> bool:
    """Whether the old one must go first: it says so, or both are one Kubernetes object by name."""
    if new.delete_before_replace:
        return True
    if not new.type.startswith("kubernetes:"):
        return False
    names = [value_at(one.inputs, ("metadata", "name")) for one in (old, new)]
    spaces = [value_at(one.inputs, ("metadata", "namespace")) for one in (old, new)]
    return names[0] == names[1] and spaces[0] == spaces[1] and names[1] is not MISSING


def _grouped(pairs: Iterable[tuple[str, Any]]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return found
