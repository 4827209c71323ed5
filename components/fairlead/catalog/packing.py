"""How much each resource counts where a scheduler fills the nodes that are used most.

A scheduler counts only what a pod asks for: pods without accelerators are placed by cores and memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

STRATEGY = "MostAllocated"
"""Scoring strategy of Kubernetes' plugin NodeResourcesFit: whole nodes stay free for gangs.
https://kubernetes.io/docs/concepts/scheduling-eviction/resource-bin-packing/"""
ACCELERATOR, PLAIN = 5, 1
"""This product's choice: a free accelerator decides, cores and memory only between equals."""


def weights(accelerators: Iterable[str]) -> Mapping[str, int]:
    """Resource -> its weight, those of accelerators first."""
    return {**dict.fromkeys(accelerators, ACCELERATOR), "cpu": PLAIN, "memory": PLAIN}
