"""The dashboards, in Python; `tools/generate.py` writes them where the product has them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dashboards import cost, fleet, job, node_health, pool, queue, serving, tenant
from dashboards.board import Board

BOARDS: Mapping[str, Board] = {
    one.name: one
    for one in (
        fleet.BOARD,
        pool.BOARD,
        tenant.BOARD,
        job.BOARD,
        serving.BOARD,
        queue.BOARD,
        cost.BOARD,
        node_health.BOARD,
    )
}
"""Name -> dashboard."""
FILES: Mapping[str, Callable[[], str]] = {
    f"components/fairlead/catalog/data/dashboards/{name}.json": board.text for name, board in BOARDS.items()
}
"""Path in the repository -> what makes its text."""
