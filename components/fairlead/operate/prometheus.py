"""What the cluster's Prometheus knows, asked from outside: by the API server's door, or at an address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from typing import Any, Protocol

from fairlead import labels
from fairlead.errors import FairleadError, InputError, Problem
from fairlead.reclaim.calls import Caller, CallFailed
from fairlead.workload.api import ApiFailure

SERVICE, PORT = labels.METRICS_HOST.partition(".")[0], int(labels.METRICS_URL.rpartition(":")[2])
DOOR = f"/api/v1/namespaces/{labels.METRICS_NAMESPACE}/services/{SERVICE}:{PORT}/proxy"
"""Where the API server leads to it."""
FORWARD = f"kubectl -n {labels.METRICS_NAMESPACE} port-forward service/{SERVICE} {PORT}"
ELSEWHERE = f"`{FORWARD}`, then --prometheus http://127.0.0.1:{PORT}"
QUERY, RANGE = "/api/v1/query", "/api/v1/query_range"


class Reader(Protocol):
    """An API server, as far as it is needed here."""

    server: str

    def read(self, path: str, query: Mapping[str, str]) -> Any:
        """What answers at a path, as JSON."""
        ...


@dataclass(frozen=True)
class Sample:
    """One series at one moment."""

    labels: Mapping[str, str]
    value: float

    def label(self, name: str) -> str:
        """The value of a label; empty where it has none."""
        return self.labels.get(name, "")


@dataclass(frozen=True)
class Line:
    """One series over time."""

    labels: Mapping[str, str]
    values: Mapping[int, float]
    """By the time, in seconds since 1970; where there was none, there is no entry."""


class Prometheus:
    """The server of layer monitoring. api: of the cluster, whose user must be let through to Services of the namespace;
    or address: where it answers here, such as a forwarded port."""

    def __init__(self, api: Reader | None = None, address: str = "") -> None:
        if (api is None) == (not address):
            raise ValueError("either the API server's door or an address")
        self._api = api
        self._caller = Caller(_address(address)) if address else None
        self.where = address or f"Prometheus of the cluster at {api.server if api else ''}"

    def query(self, expression: str, at: datetime | None = None) -> list[Sample]:
        """What an expression gives now, or at a time with its zone, in PromQL. Values that are no number are left out.

        Raises FairleadError: no answer, no such layer, no right, or no PromQL.
        """
        asked = {"query": expression, **({"time": at.isoformat()} if at else {})}
        return _samples(self._asked(asked), self.where, expression)

    def number(self, expression: str, at: datetime | None = None) -> float | None:
        """The same for an expression of one value; None: there is none."""
        found = self.query(expression, at)
        if len(found) > 1:
            raise ValueError(f"{expression} gives {len(found)} values")
        return found[0].value if found else None

    def over(self, expression: str, times: range) -> list[Line]:
        """What an expression gives at each of these times, in seconds since 1970; they have one distance.

        Values that are no number are left out. Raises FairleadError as `query` does.
        """
        asked = {"start": str(times[0]), "end": str(times[-1]), "step": str(times.step)}
        answer = self._asked({"query": expression, **asked}, RANGE)
        return _lines(answer, self.where, expression)

    def _asked(self, asked: Mapping[str, str], path: str = QUERY) -> Any:
        try:
            if self._caller:
                return self._caller.get(path, **asked)
            assert self._api is not None  # noqa: S101 - one of the two is there
            return self._api.read(f"{DOOR}{path}", asked)
        except ApiFailure as failure:
            first = str(failure).splitlines()[0]
            raise FairleadError(f"{self.where}: {first}\n    fix:     {_fix(failure.code)}") from failure
        except CallFailed as failure:
            fix = f"what is forwarded must run: `{FORWARD}`"
            raise FairleadError(f"{self.where}: {failure}\n    fix:     {fix}") from failure


def _address(text: str) -> str:
    if not text.startswith(("http://", "https://")):
        what = "must be where Prometheus answers"
        raise InputError("command line", [Problem("--prometheus", what, text, f"http://127.0.0.1:{PORT}")])
    return text


def _fix(code: int) -> str:
    if code == 404:
        return "platform.layers.monitoring.enabled: true in the stack, then `fairlead up`"
    if code == 403:
        return f"whoever runs the platform may `get services/proxy` in {labels.METRICS_NAMESPACE}"
    if code in (400, 422):
        return "the expression is no PromQL that it takes, or it looks at more than it may: at a shorter time"
    return f"{ELSEWHERE}: a network policy may keep the API server out"


def _samples(answer: Any, where: str, expression: str) -> list[Sample]:
    try:
        data: Mapping[str, Any] = answer["data"]
        if data["resultType"] == "scalar":
            found = [Sample({}, float(data["result"][1]))]
        else:
            found = [Sample(one["metric"], float(one["value"][1])) for one in data["result"]]
    except (LookupError, TypeError, ValueError) as error:
        raise _no_answer(answer, where, expression) from error
    return [one for one in found if isfinite(one.value)]


def _lines(answer: Any, where: str, expression: str) -> list[Line]:
    try:
        return [
            Line(
                one["metric"],
                {int(at): number for at, value in one["values"] if isfinite(number := float(value))},
            )
            for one in answer["data"]["result"]
        ]
    except (LookupError, TypeError, ValueError) as error:
        raise _no_answer(answer, where, expression) from error


def _no_answer(answer: Any, where: str, expression: str) -> FairleadError:
    what = f"it is no answer of Prometheus: {str(answer)[:200]}"
    fix = f"what answers there must be Prometheus: `{FORWARD}`"
    return FairleadError(f"{where}: {what}\n    given:   {expression}\n    fix:     {fix}")
