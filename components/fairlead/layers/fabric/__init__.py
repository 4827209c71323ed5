"""The network between nodes: what it needs on the nodes whose jobs get it, and who may touch them for it."""

from __future__ import annotations

from fairlead.layers.fabric.parts import objects, pinned
from fairlead.layers.fabric.place import NAMESPACE, space

__all__ = ["NAMESPACE", "objects", "pinned", "space"]
