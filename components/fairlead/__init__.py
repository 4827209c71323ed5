"""Fairlead: one AI platform, as Pulumi code, on every cluster.

Importing this package loads no SDK: each part is imported where it is used.
"""

from __future__ import annotations

__version__ = "0.1.0"
