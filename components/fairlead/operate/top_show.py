"""How what is so now is printed: once, or again and again in place."""

from __future__ import annotations

import time
from collections.abc import Callable

from fairlead import labels
from fairlead.errors import FairleadError
from fairlead.operate.top import Now, Number
from fairlead.spec.table import table
from fairlead.values import rough

NONE = "-"
"""In place of what nobody tells."""
UNTOLD = "nobody tells of any node of a pool: see docs/monitoring.md"


def lines(now: Now) -> list[str]:
    """Pools, tenants and queues as tables, and what it costs."""
    pools = [
        (
            one.name,
            *(_count(each) for each in (one.nodes, one.there, one.held, one.busy, one.idle)),
            _usd(one.usd_an_hour),
        )
        for one in now.pools
    ]
    tenants = [
        (
            one.name,
            _count(one.held),
            *(_count(one.by_stage.get(stage)) for stage in labels.STAGES),
            _count(one.idle),
            _count(one.waiting),
            _time(one.longest_wait),
            _usd(one.usd_an_hour),
        )
        for one in now.tenants
    ]
    queues = [(one.tenant, _count(one.pending), _count(one.stuck)) for one in now.queues]
    of_tenants = ("tenant", "held", *labels.STAGES, "idle", "waiting", "longest", "usd/h")
    told = any(one.nodes is not None or one.there is not None for one in now.pools)
    return [
        f"{now.at:%Y-%m-%d %H:%M:%S} UTC   {_usd(now.usd_an_hour)} USD/h   idle: unused for {rough(now.idle_after)}",
        "",
        *table(("pool", "nodes", "there", "held", "busy", "idle", "usd/h"), pools, indent=""),
        "",
        *table(of_tenants, tenants, indent=""),
        "",
        *table(("queue", "pending", "of it not tried"), queues or [(NONE,) * 3], indent=""),
        *([] if told else ["", UNTOLD]),
    ]


def _count(value: Number) -> str:
    return NONE if value is None else f"{value:g}"


def _usd(value: Number) -> str:
    return NONE if value is None else f"{value:.2f}"


def _time(value: Number) -> str:
    return NONE if value is None else rough(round(value)) if value else "0"


def watch(read: Callable[[], Now], every: int) -> None:
    """Shows it on the terminal, anew every so many seconds, until Ctrl-C.

    Raises FairleadError where the first look fails; a later one that does is told below what was seen last.
    """
    from rich.live import Live
    from rich.text import Text

    def drawn(said: list[str]) -> Text:
        return Text("\n".join(said), no_wrap=True, overflow="crop")

    try:
        shown = lines(read())
        with Live(drawn(shown), screen=True, auto_refresh=False, redirect_stderr=False) as live:
            while True:
                time.sleep(every)
                try:
                    shown, wrong = lines(read()), []
                except FairleadError as error:
                    wrong = ["", "nothing newer:", *str(error).splitlines()]
                live.update(drawn([*shown, *wrong]), refresh=True)
    except KeyboardInterrupt:
        return
