"""The gpu layer: nodes advertise their accelerators, each by one part, and by none that does not belong there.

Where the plan says `simulated`, nodes advertise them by themselves and nothing is installed. Else `plan.gpu`
names the parts and their pools; every part runs on exactly those nodes and tolerates exactly their taints.
"""

from __future__ import annotations

from fairlead.layers.gpu.parts import BASE, Part, on_cluster, parts
from fairlead.layers.gpu.place import NAMESPACE

__all__ = ["BASE", "NAMESPACE", "Part", "on_cluster", "parts"]
