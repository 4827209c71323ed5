"""An API server in memory with real watches. The controllers are the tests themselves."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import httpx2
from support.kubeconfigs import written

Object = dict[str, Any]
PLURALS = {
    "trainjobs": "TrainJob",
    "jobsets": "JobSet",
    "workloads": "Workload",
    "localqueues": "LocalQueue",
    "pods": "Pod",
    "persistentvolumeclaims": "PersistentVolumeClaim",
    "namespaces": "Namespace",
    "nodes": "Node",
    "deployments": "Deployment",
    "statefulsets": "StatefulSet",
    "scaledobjects": "ScaledObject",
    "services": "Service",
    "secrets": "Secret",
    "configmaps": "ConfigMap",
    "inferenceservices": "InferenceService",
    "httproutes": "HTTPRoute",
}
SERVER = "http://127.0.0.1:9"


def kubeconfig(folder: Path) -> Path:
    return written(folder, SERVER, {})


class FakeCluster:
    """Objects by (kind, namespace, name); `answers` are given, in turn, before anything else is done."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str, str], Object] = {}
        self.logs: dict[str, list[str]] = {}
        self.answers: list[httpx2.Response | Exception] = []
        self.requests: list[str] = []
        self.events: list[tuple[int, str, Object]] = []
        self.changed = threading.Condition()
        self.version = 0
        self.compacted = 0
        self.on_delete: Callable[[tuple[str, str, str]], object] = self._remove

    def transport(self) -> httpx2.MockTransport:
        return httpx2.MockTransport(self.handle)

    def put(self, obj: Object) -> Object:
        """Makes or changes an object, as a controller would."""
        with self.changed:
            self.version += 1
            metadata = obj["metadata"]
            key = (obj["kind"], metadata.get("namespace", ""), metadata["name"])
            new = key not in self.objects
            metadata.setdefault("uid", f"uid-{self.version}")
            metadata.setdefault("creationTimestamp", f"2026-01-01T00:00:{self.version % 60:02d}Z")
            metadata["resourceVersion"] = str(self.version)
            self.objects[key] = obj
            self.events.append((self.version, "ADDED" if new else "MODIFIED", json.loads(json.dumps(obj))))
            self.changed.notify_all()
            return obj

    def _remove(self, key: tuple[str, str, str]) -> None:
        with self.changed:
            self.version += 1
            self.events.append((self.version, "DELETED", self.objects.pop(key)))
            self.changed.notify_all()

    def handle(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(f"{request.method} {request.url.path}")
        if self.answers:
            answer = self.answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer
        parts = [unquote(part) for part in urlsplit(str(request.url)).path.strip("/").split("/")]
        parts = parts[2:] if parts[0] == "api" else parts[3:]
        namespace = ""
        if parts[0] == "namespaces" and len(parts) > 2:
            namespace, parts = parts[1], parts[2:]
        kind, query = PLURALS[parts[0]], parse_qs(urlsplit(str(request.url)).query)
        if len(parts) == 3:
            return httpx2.Response(200, text="".join(f"{line}\n" for line in self.logs.get(parts[1], [])))
        if request.method == "POST":
            return self._create(json.loads(request.content), namespace)
        if request.method == "PATCH":
            said = json.loads(request.content)
            applied = "apply" in request.headers["Content-Type"]
            return (
                self._apply(said, namespace) if applied else self._change((kind, namespace, parts[1]), said)
            )
        if len(parts) == 2:
            return self._one((kind, namespace, parts[1]), request.method)
        return self._many(kind, namespace, query)

    def _many(self, kind: str, namespace: str, query: dict[str, list[str]]) -> httpx2.Response:
        if "watch" in query:
            version = int(query["resourceVersion"][0])
            if version < self.compacted:
                return status(410, "too old resource version")
            return httpx2.Response(200, stream=_Watch(self, kind, namespace, query, version))
        found = [o for o in self.objects.values() if matches(o, kind, namespace, query)]
        version = {"resourceVersion": str(self.version)}
        return reply(200, {"kind": f"{kind}List", "metadata": version, "items": found})

    def _create(self, obj: Object, namespace: str) -> httpx2.Response:
        key = (obj["kind"], namespace, obj["metadata"]["name"])
        if key in self.objects:
            return status(409, f"{key[2]} already exists")
        return reply(201, self.put(obj))

    def _change(self, key: tuple[str, str, str], patch: Object) -> httpx2.Response:
        return reply(200, self.put(merged(self.objects[key], patch)))

    def _apply(self, obj: Object, namespace: str) -> httpx2.Response:
        """Server-side apply by the one who has made the object: what he does not say any more goes, status stays."""
        old = self.objects.get((obj["kind"], namespace, obj["metadata"]["name"]), {"metadata": {}})
        generation = old["metadata"].get("generation", 0) + (old.get("spec") != obj["spec"])
        kept = {"uid": old["metadata"]["uid"]} if old["metadata"] else {}
        obj["metadata"] |= {**kept, "generation": generation}
        return reply(200, self.put({**obj, **({"status": old["status"]} if "status" in old else {})}))

    def _one(self, key: tuple[str, str, str], method: str) -> httpx2.Response:
        if key not in self.objects:
            return status(404, f'"{key[2]}" not found')
        if method == "DELETE":
            self.on_delete(key)
            return reply(200, {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"})
        return reply(200, self.objects[key])


def merged(there: Any, patch: Any) -> Any:
    """JSON merge patch, RFC 7386."""
    if not isinstance(patch, dict):
        return patch
    kept = {**there} if isinstance(there, dict) else {}
    for key, value in patch.items():
        if value is None:
            kept.pop(key, None)
        else:
            kept[key] = merged(kept.get(key), value)
    return kept


def matches(obj: Object, kind: str, namespace: str, query: dict[str, list[str]]) -> bool:
    metadata = obj["metadata"]
    if obj["kind"] != kind or (namespace and metadata.get("namespace") != namespace):
        return False
    wanted = [pair.split("=", 1) for pair in query.get("labelSelector", [""])[0].split(",") if pair]
    if any(metadata.get("labels", {}).get(key) != value for key, value in wanted):
        return False
    names = [f.split("=", 1)[1] for f in query.get("fieldSelector", []) if f.startswith("metadata.name=")]
    return all(metadata["name"] == name for name in names)


class _Watch(httpx2.SyncByteStream):
    """Events after a version, as they come. Ends after a second of silence, as a server's own limit would."""

    def __init__(
        self, of: FakeCluster, kind: str, namespace: str, query: dict[str, list[str]], version: int
    ) -> None:
        self.of, self.kind, self.namespace, self.query, self.version = of, kind, namespace, query, version

    def __iter__(self) -> Iterator[bytes]:
        while True:
            with self.of.changed:
                fresh = [e for e in self.of.events if e[0] > self.version]
                if not fresh and not self.of.changed.wait(timeout=1):
                    return
            for version, event, obj in fresh:
                self.version = version
                if matches(obj, self.kind, self.namespace, self.query):
                    yield json.dumps({"type": event, "object": obj}).encode() + b"\n"


def reply(code: int, body: Object) -> httpx2.Response:
    return httpx2.Response(code, json=body)


def status(code: int, message: str) -> httpx2.Response:
    body = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message, "code": code}
    return httpx2.Response(code, json=body)
