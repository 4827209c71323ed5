"""Small servers on this machine that answer as Prometheus and the API server do, and note what they are asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Object = dict[str, Any]
Answer = tuple[int, Object]
WORKLOAD, PODSET = "kueue.x-k8s.io/workload", "kueue.x-k8s.io/podset"


@contextmanager
def serving(answer: Callable[[str, str, Object, Object], Answer], context: Any = None) -> Iterator[str]:
    """A server that answers by (method, path, query, body); its address."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            url = urlsplit(self.path)
            size = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(size) or "{}")
            query = {key: value[0] for key, value in parse_qs(url.query).items()}
            query["authorization"] = self.headers.get("Authorization", "")
            query["kind"] = self.headers.get("Content-Type", "")
            code, said = answer(self.command, url.path, query, body)
            data = said if isinstance(said, bytes) else json.dumps(said).encode()
            self.send_response(code)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PATCH = do_DELETE = _answer

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http{'s' if context else ''}://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


class Metrics:
    """Prometheus, as far as the program asks it."""

    def __init__(self) -> None:
        # (namespace, pod, node) -> seconds of each accelerator.
        self.idle: dict[tuple[str, str, str], list[float]] = {}
        self.saved: dict[tuple[str, str], float] = {}
        self.saving: set[tuple[str, str]] = set()
        self.broken: Answer | None = None
        self.asked: list[str] = []

    def answer(self, method: str, path: str, query: Object, _: Object) -> Answer:
        assert (method, path) == ("GET", "/api/v1/query")
        asked = query["query"]
        self.asked.append(asked)
        if self.broken:
            return self.broken
        return 200, {"status": "success", "data": {"resultType": "vector", "result": self._found(asked)}}

    def _found(self, query: str) -> list[Object]:
        if query.startswith("count("):
            count = sum(map(len, self.idle.values()))
            return [{"metric": {}, "value": [0, str(count)]}] if count else []
        if "checkpoint_timestamp" in query:
            return [series(value, namespace=space, pod=pod) for (space, pod), value in self.saved.items()]
        if "checkpoint_writing" in query:
            return [series(1, namespace=space, pod=pod) for space, pod in self.saving]
        least = float(query.rpartition(">=")[2])
        return [
            series(value, namespace=space, pod=pod, node=node, device=str(place))
            for (space, pod, node), values in self.idle.items()
            if max(values) >= least
            for place, value in enumerate(values)
        ]


def series(value: float, **names: str) -> Object:
    return {"metric": names, "value": [0, str(value)]}


class Cluster:
    """The API server with workloads of Kueue, their pods and what they belong to."""

    def __init__(self) -> None:
        self.workloads: list[Object] = []
        self.pods: list[Object] = []
        # Path -> object.
        self.owners: dict[str, Object] = {}
        self.events: dict[tuple[str, str], Object] = {}
        self.deleted: list[str] = []
        self.calls: list[tuple[str, str]] = []
        # API group, resource and verb of every call.
        self.wishes: set[tuple[str, str, str]] = set()
        # Method -> what every such call is answered.
        self.refused: dict[str, Answer] = {}
        self.tokens: list[str] = []
        self.page = 1

    def answer(self, method: str, path: str, query: Object, body: Object) -> Answer:
        self.calls.append((method, path))
        self.tokens.append(query["authorization"])
        parts = path.strip("/").split("/")
        group, rest = ("", parts[2:]) if parts[0] == "api" else (parts[1], parts[3:])
        assert rest[0] == "namespaces"
        space, kind, name = rest[1], rest[2], rest[3] if len(rest) > 3 else ""
        verb = {"GET": "get" if name else "list", "POST": "create"}.get(method, method.lower())
        self.wishes.add((group, kind, verb))
        if method in self.refused:
            return self.refused[method]
        answers: dict[str, Callable[[], Answer]] = {
            "list": lambda: self._list(kind, space, query),
            "create": lambda: self._create(space, body),
            "patch": lambda: self._patch(space, name, body, query["kind"]),
            "get": lambda: self._get(path),
            "delete": lambda: self._delete(path, body),
        }
        return answers[verb]()

    def _get(self, path: str) -> Answer:
        name = path.rpartition("/")[2]
        return (200, self.owners[path]) if path in self.owners else (404, {"message": f"{name} not found"})

    def _delete(self, path: str, body: Object) -> Answer:
        code, found = self._get(path)
        if code == 200 and body["preconditions"]["uid"] != found["metadata"]["uid"]:
            return 409, {"message": "another uid"}
        assert body["propagationPolicy"] == "Foreground"
        self.deleted.append(path)
        del self.owners[path]
        return 200, {"status": "Success"}

    def _list(self, kind: str, space: str, query: Object) -> Answer:
        found = [one for one in getattr(self, kind) if one["metadata"]["namespace"] == space]
        if "labelSelector" in query:
            found = [one for one in found if query["labelSelector"] in one["metadata"]["labels"]]
        begin = int(query.get("continue", 0))
        end = begin + min(int(query["limit"]), self.page)
        more = {"continue": str(end)} if end < len(found) else {}
        return 200, {"metadata": more, "items": found[begin:end]}

    def _create(self, space: str, body: Object) -> Answer:
        key = (space, body["metadata"]["name"])
        if key in self.events:
            return 409, {"message": "already exists"}
        self.events[key] = body
        return 201, body

    def _patch(self, space: str, name: str, body: Object, kind: str) -> Answer:
        assert kind == "application/merge-patch+json"
        [found] = [
            one
            for one in self.workloads
            if (one["metadata"]["namespace"], one["metadata"]["name"]) == (space, name)
        ]
        if body["metadata"]["resourceVersion"] != found["metadata"]["resourceVersion"]:
            return 409, {"message": "the object has been modified"}
        found["metadata"]["annotations"] = body["metadata"]["annotations"]
        found["spec"].update(body["spec"])
        return 200, found

    # ---- what is there -------------------------------------------------------------------------

    def job(
        self,
        name: str,
        *nodes: str,
        space: str = "team-a",
        queue: str = "training",
        count: int = 8,
        api: str = "trainer.kubeflow.org/v1alpha1",
        kind: str = "TrainJob",
        age: float = 36000,
    ) -> Object:
        """A job that runs with a pod on each node, and its workload."""
        owner = {"apiVersion": api, "kind": kind, "name": name, "uid": f"uid-{name}", "controller": True}
        workload = {
            "metadata": {
                "name": f"trainjob-{name}",
                "namespace": space,
                "resourceVersion": "7",
                "ownerReferences": [owner],
            },
            "spec": {"active": True, "queueName": queue},
            "status": {
                "conditions": [{"type": "Admitted", "status": "True"}],
                "admission": {
                    "podSetAssignments": [
                        {
                            "resourceUsage": {
                                "cpu": "8",
                                "memory": "8Gi",
                                "nvidia.com/gpu": str(count * len(nodes)),
                            }
                        }
                    ]
                },
            },
        }
        self.workloads.append(workload)
        group = "apis" if "/" in api else "api"
        path = f"/{group}/{api}/namespaces/{space}/{kind.lower()}s/{name}"
        self.owners[path] = {"metadata": {"name": name, "uid": f"uid-{name}", "annotations": {}}}
        self.pods += [pod(f"{name}-{place}", node, workload, count, age) for place, node in enumerate(nodes)]
        return workload


def pod(name: str, node: str, workload: Object, count: int, age: float) -> Object:
    began = datetime.fromtimestamp(datetime.now(UTC).timestamp() - age, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    limits = {"nvidia.com/gpu": str(count), "memory": "8Gi", "rdma/hca": "1"}
    return {
        "metadata": {
            "name": name,
            "namespace": workload["metadata"]["namespace"],
            "labels": {PODSET: "node"},
            "annotations": {WORKLOAD: workload["metadata"]["name"]},
        },
        "spec": {"nodeName": node, "containers": [{"resources": {"limits": limits}}, {}]},
        "status": {
            "phase": "Running",
            "containerStatuses": [{"state": {"running": {"startedAt": began}}}] * 2,
        },
    }
