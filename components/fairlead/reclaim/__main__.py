"""python3 -m fairlead.reclaim SETTINGS: looks, decides and acts, again and again, until it is told to stop."""

from __future__ import annotations

import json
import signal
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any

from fairlead.reclaim.act import change, note, tell
from fairlead.reclaim.calls import Caller, CallFailed, api_server
from fairlead.reclaim.decide import WARN, Policy, Verdict, decide
from fairlead.reclaim.look import told_of, works
from fairlead.reclaim.tell import Figures, line, serve

OFTEN, SELDOM = 5, 60
"""Seconds between two looks, at the least and at the most: a tenth of the limit between them."""
STUCK = 600
"""Seconds without a turn after which it is to be started anew."""


@dataclass
class Reclaimer:
    """The program with what it remembers."""

    policy: Policy
    namespaces: list[str]
    prometheus: Caller
    api: Caller
    figures: Figures
    said: dict[str, str] = field(default_factory=dict[str, str])
    """Workload -> why it was spared, as the log has it."""

    def turn(self) -> None:
        """One look, and what follows. Who sees nothing takes nothing: what fails is logged, and tried again."""
        now = time.time()
        try:
            count = told_of(self.prometheus)
            if bool(count) != bool(self.figures.accelerators) or not self.figures.looked:
                line("accelerators are told of" if count else "no accelerator is told of", count=count)
            self.figures.accelerators = count
            seen = list(works(self.prometheus, self.api, self.namespaces, self.policy.told_after, now))
            self.figures.looked = now
        except (CallFailed, LookupError, TypeError, ValueError) as failure:
            self._failed("nothing is done: it cannot be seen what is used", failure)
            return
        verdicts = decide(seen, self.policy, now)
        for verdict in verdicts:
            if verdict.do:
                self._act(verdict, now)
        self._spared(verdicts)

    def _act(self, verdict: Verdict, now: float) -> None:
        try:
            if not change(verdict, self.policy, self.api, now):
                return
            if verdict.do != WARN:
                self._took(verdict, now)
            if tell(verdict, self.policy, self.api, now) and verdict.do == WARN:
                line("warned", **self._facts(verdict, now))
        except CallFailed as failure:
            self._failed(f"{verdict.do} of {verdict.work.namespace}/{verdict.work.name}", failure)

    def _took(self, verdict: Verdict, now: float) -> None:
        with self.figures.lock:
            taken = self.figures.reclaims
            taken[verdict.work.namespace] = taken.get(verdict.work.namespace, 0) + 1
        line("reclaimed", **self._facts(verdict, now))

    def _facts(self, verdict: Verdict, now: float) -> dict[str, Any]:
        return {**_named(verdict), **note(verdict, self.policy, now)}

    def _spared(self, verdicts: list[Verdict]) -> None:
        """Says once of each why it is left alone."""
        spared = {f"{one.work.namespace}/{one.work.name}": one for one in verdicts if one.spared}
        for name, verdict in spared.items():
            if self.said.get(name) != verdict.spared:
                line("spared", why=verdict.spared, **_named(verdict), idle_seconds=verdict.idle)
        self.said = {name: verdict.spared for name, verdict in spared.items()}

    def _failed(self, what: str, failure: Exception) -> None:
        with self.figures.lock:
            self.figures.failures += 1
        line("failed", doing=what, why=f"{type(failure).__name__}: {failure}")


def _named(verdict: Verdict) -> dict[str, Any]:
    work = verdict.work
    owner = f"{work.owner.kind} {work.owner.name}"
    return {"namespace": work.namespace, "owner": owner, "workload": work.name}


def main() -> int:
    """The program. Exit status 0 when it was told to stop."""
    told: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    policy = Policy(told["policy"], told["after"])
    figures = Figures(told["namespaces"], policy.action)
    every = min(max(policy.after // 10, OFTEN), SELDOM)
    made = Reclaimer(policy, told["namespaces"], Caller(told["prometheus"]), api_server(), figures)
    figures.turned = time.monotonic()
    stop = Event()

    def told_to_stop(_: int, __: object) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, told_to_stop)
    serve(figures, told["port"], lambda: time.monotonic() - figures.turned < STUCK)
    line("started", policy=policy.action, after=policy.after, every=every, namespaces=told["namespaces"])
    while not stop.is_set():
        made.turn()
        figures.turned = time.monotonic()
        stop.wait(every)
    line("stopped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
