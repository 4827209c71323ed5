"""The one rule by which what is written in several places becomes one value.

Maps merge key by key. Two lists whose entries are all maps with a `name` merge entry by entry: the same name merges,
a new name is appended. Every other list and every scalar is replaced. `null` removes what was said before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fairlead.spec.documents import Node


def over(low: Node, high: Node) -> Node:
    """One value over another."""
    if isinstance(low.value, Mapping) and isinstance(high.value, Mapping):
        merged = dict(low.value)
        for key, child in high.value.items():
            if child.value is None:
                merged.pop(key, None)
            else:
                merged[key] = over(merged[key], child) if key in merged else _without_nulls(child)
        return Node(merged, low.origin if low.value else high.origin)
    lower, higher = named(low), named(high)
    if lower and higher:
        return Node(_by_name(lower, higher), low.origin)
    return _without_nulls(high)


def named(node: Node) -> list[tuple[str, Node]]:
    """(name, entry) of a list whose entries are all maps with a name; empty for everything else."""
    if isinstance(node.value, (str, Mapping)) or not isinstance(node.value, Sequence):
        return []
    found: list[tuple[str, Node]] = []
    for entry in node.value:
        name = entry.value.get("name") if isinstance(entry.value, Mapping) else None
        if name is None or not isinstance(name.value, str):
            return []
        found.append((name.value, entry))
    return found


def _by_name(low: Sequence[tuple[str, Node]], high: Sequence[tuple[str, Node]]) -> list[Node]:
    """Entries of the lower list in their order, then new ones.

    A name that is there twice in one layer stays there twice: the check of the spec reports it.
    """
    merged = [node for _, node in low]
    places = {name: place for place, (name, _) in reversed(list(enumerate(low)))}
    for name, node in high:
        place = places.pop(name, None)
        if place is None:
            merged.append(_without_nulls(node))
        else:
            merged[place] = over(merged[place], node)
    return merged


def _without_nulls(node: Node) -> Node:
    """A value that nothing lies under: there is nothing for a null to remove."""
    if isinstance(node.value, Mapping):
        kept = {key: _without_nulls(child) for key, child in node.value.items() if child.value is not None}
        return Node(kept, node.origin)
    if isinstance(node.value, Sequence) and not isinstance(node.value, str):
        return Node([_without_nulls(child) for child in node.value], node.origin)
    return node
