"""The Kubernetes API as the client needs it: plain objects, bounded retries, errors in the user's words.

lightkube is imported when an `Api` is made, never before: the command line starts without it.
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast
from urllib.parse import urlsplit

from fairlead.client_types import meet_types
from fairlead.errors import FairleadError
from fairlead.workload.failures import ApiFailure, cut_off_is_no_failure, in_users_words, passing, words_of

if TYPE_CHECKING:
    import httpx2
    from lightkube import Client

Object = dict[str, Any]
T = TypeVar("T")

KINDS: Mapping[str, tuple[str, str, str]] = {
    "TrainJob": ("trainer.kubeflow.org", "v1alpha1", "trainjobs"),
    "JobSet": ("jobset.x-k8s.io", "v1alpha2", "jobsets"),
    "Workload": ("kueue.x-k8s.io", "v1beta2", "workloads"),
    "LocalQueue": ("kueue.x-k8s.io", "v1beta2", "localqueues"),
    "Pod": ("", "v1", "pods"),
    "PersistentVolumeClaim": ("", "v1", "persistentvolumeclaims"),
    "Namespace": ("", "v1", "namespaces"),
    "Node": ("", "v1", "nodes"),
    "Deployment": ("apps", "v1", "deployments"),
    "StatefulSet": ("apps", "v1", "statefulsets"),
    "ClusterQueue": ("kueue.x-k8s.io", "v1beta2", "clusterqueues"),
    "PendingWorkloads": ("visibility.kueue.x-k8s.io", "v1beta2", "localqueues"),
    "APIService": ("apiregistration.k8s.io", "v1", "apiservices"),
    "Service": ("", "v1", "services"),
    "Secret": ("", "v1", "secrets"),
    "ConfigMap": ("", "v1", "configmaps"),
    "HTTPRoute": ("gateway.networking.k8s.io", "v1", "httproutes"),
    "ScaledObject": ("keda.sh", "v1alpha1", "scaledobjects"),
    "InferenceService": ("serving.kserve.io", "v1beta1", "inferenceservices"),
}
"""Kind -> API group, version and plural."""
_CLUSTER_WIDE = ("Namespace", "Node", "ClusterQueue", "APIService")
_PATIENCE = 60.0
"""Longest time to try again, in seconds: a restarted controller's webhook answers within it."""
_TIMEOUT = 30.0


class Api:
    """A connection to one cluster. `notify` is told when something is tried again, and why.

    patience: longest time to try again, in seconds; None for the usual minute.
    """

    def __init__(
        self,
        kubeconfig: Path,
        notify: Callable[[str], None] = lambda _: None,
        transport: httpx2.BaseTransport | None = None,
        patience: float | None = None,
    ) -> None:
        self._client, self.server = _connect(kubeconfig, transport)
        self._transport = transport
        self._http: httpx2.Client | None = None
        self._notify = notify
        self._patience = _PATIENCE if patience is None else patience

    def get(self, kind: str, name: str, namespace: str | None = None) -> Object | None:
        """One object, None if it is not there."""
        try:
            return self._retried(lambda: _plain(self._client.get(_resource(kind), name, namespace=namespace)))
        except ApiFailure as failure:
            if failure.code == 404:
                return None
            raise

    def list(
        self,
        kind: str,
        namespace: str | None,
        labels: Mapping[str, str] | None = None,
        name: str | None = None,
    ) -> tuple[list[Object], str]:
        """Objects of a namespace, or of all if it is None, and the version of the list."""

        def read() -> tuple[list[Object], str]:
            found = self._client.list(_resource(kind), **_where(kind, namespace, labels, name))
            objects = [_plain(item) for item in found]
            return objects, found.resourceVersion

        return self._retried(read)

    def create(self, obj: Object) -> Object:
        """Makes an object; waits for webhooks that are not ready. One that exists is an ApiFailure 409."""
        return self._retried(lambda: _plain(self._client.create(_resource(obj["kind"])(obj))))

    def apply(self, obj: Object) -> Object:
        """Makes an object or changes it to what is said here, by server-side apply: what others have added stays, what
        was said before and is not said any more goes. Waits for webhooks that are not ready.
        """
        return self._retried(lambda: _plain(self._client.apply(_resource(obj["kind"])(obj), force=True)))

    def patch(self, kind: str, name: str, change: Object, namespace: str | None = None) -> Object:
        """Changes an object by a JSON merge patch: null removes a field, a list replaces one."""
        from lightkube.types import PatchType

        return self._retried(
            lambda: _plain(
                self._client.patch(
                    _resource(kind), name, change, namespace=namespace, patch_type=PatchType.MERGE
                )
            )
        )

    def delete(self, kind: str, name: str, namespace: str) -> bool:
        """Deletes an object and, before it is gone, what it owns. False if it was not there."""
        from lightkube.types import CascadeType

        def remove() -> bool:
            self._client.delete(_resource(kind), name, namespace=namespace, cascade=CascadeType.FOREGROUND)
            return True

        try:
            return self._retried(remove)
        except ApiFailure as failure:
            if failure.code == 404:
                return False
            raise

    def snapshots(
        self,
        kind: str,
        namespace: str | None,
        labels: Mapping[str, str] | None = None,
        name: str | None = None,
    ) -> Generator[dict[str, Object]]:
        """All matching objects by name, again after every change, for ever.

        Lists, then watches from the list's version; a watch that is too old (410) or was cut off
        begins with a new list, so no deletion is missed.
        """
        while True:
            objects, version = self.list(kind, namespace, labels, name)
            current = {obj["metadata"]["name"]: obj for obj in objects}
            yield dict(current)
            with in_users_words(self.server), cut_off_is_no_failure():
                for event, item in self._client.watch(
                    _resource(kind), **_where(kind, namespace, labels, name), resource_version=version
                ):
                    obj = _plain(item)
                    if event == "DELETED":
                        current.pop(obj["metadata"]["name"], None)
                    else:
                        current[obj["metadata"]["name"]] = obj
                    yield dict(current)

    def log(self, pod: str, namespace: str, follow: bool = False, tail: int | None = None) -> Iterator[str]:
        """Lines of a pod's log without their ends. An ApiFailure if the container has not started."""
        with in_users_words(self.server):
            yield from self._client.log(
                pod, namespace=namespace, follow=follow, tail_lines=tail, newlines=False
            )

    def read(self, path: str, query: Mapping[str, str]) -> Any:
        """What answers at a path of the API server, as JSON: a Service behind its proxy answers there too."""

        def ask() -> Any:
            answer = self._plain_http().get(path, params=dict(query))
            if answer.is_error:
                raise ApiFailure(f"{answer.status_code} {words_of(answer)} ({path})", answer.status_code)
            try:
                return answer.json()
            except ValueError as error:
                raise ApiFailure(f"what answers is no JSON ({path})", 502) from error

        return self._retried(ask)

    def _plain_http(self) -> httpx2.Client:
        """One for all that is read: who gives out the credential is asked once."""
        from lightkube.config.client_adapter import Client as Http
        from lightkube.config.client_adapter import ConnectionParams

        if self._http is None:
            way = ConnectionParams(_timeout(), _is_public(self.server), self._transport)
            self._http = Http(self._client.config, way)
        return self._http

    def close(self) -> None:
        """Ends every connection; watches and followed logs end with an error."""
        self._client.close()
        if self._http is not None:
            self._http.close()

    def _retried(self, call: Callable[[], T]) -> T:
        deadline, pause = time.monotonic() + self._patience, 0.25
        while True:
            try:
                with in_users_words(self.server):
                    return call()
            except ApiFailure as failure:
                if not passing(failure) or time.monotonic() + pause > deadline:
                    raise
                self._notify(f"trying again: {str(failure).splitlines()[0]}")
            # Nothing announces that a server or a webhook answers again: asking is the only way.
            time.sleep(pause)
            pause = min(pause * 2, 4.0)


def _timeout() -> httpx2.Timeout:
    import httpx2

    return httpx2.Timeout(_TIMEOUT)


def _connect(kubeconfig: Path, transport: httpx2.BaseTransport | None) -> tuple[Client, str]:
    import yaml
    from lightkube import Client, KubeConfig
    from lightkube.core.exceptions import ConfigError

    meet_types()
    try:
        config = KubeConfig.from_file(kubeconfig).get()
        if config is None:
            raise ConfigError("it names no current context")  # noqa: TRY301 - one text for all of them
        server = str(config.cluster.server)
        client = Client(
            config=config,
            timeout=_timeout(),
            field_manager="fairlead",
            trust_env=_is_public(server),
            transport=transport,
        )
    except (TypeError, AttributeError, KeyError) as error:
        raise _unusable(kubeconfig, "it is not a map of clusters, users and contexts") from error
    except (ConfigError, OSError, ValueError, yaml.YAMLError) as error:
        raise _unusable(kubeconfig, " ".join(str(error).split())) from error
    return client, server


def _unusable(kubeconfig: Path, why: str) -> FairleadError:
    fix = "`fairlead up` writes that of a local cluster anew; of another, ask who runs it"
    return FairleadError(f"{kubeconfig}: no usable kubeconfig: {why}\n    fix:     {fix}")


def _is_public(server: str) -> bool:
    """Whether HTTP proxies of the environment apply: never for an address of this machine or its networks."""
    try:
        return ipaddress.ip_address(urlsplit(server).hostname or "").is_global
    except ValueError:
        return urlsplit(server).hostname != "localhost"


@cache
def resource_class(group: str, version: str, kind: str, plural: str, *, everywhere: bool) -> Any:
    """The client library's class of a kind, one for the whole process: of a core kind it refuses a second."""
    from lightkube import generic_resource

    library: Any = generic_resource  # its functions are only partly typed
    make = library.create_global_resource if everywhere else library.create_namespaced_resource
    return make(group, version, kind, plural)


def _resource(kind: str) -> Any:
    group, version, plural = KINDS[kind]
    return resource_class(group, version, kind, plural, everywhere=kind in _CLUSTER_WIDE)


def _where(
    kind: str, namespace: str | None, labels: Mapping[str, str] | None, name: str | None
) -> dict[str, Any]:
    from lightkube.core.generic_client import ALL_NS

    chosen: dict[str, Any] = {"labels": dict(labels or {})}
    if name is not None:
        chosen["fields"] = {"metadata.name": name}
    if kind not in _CLUSTER_WIDE:
        chosen["namespace"] = ALL_NS if namespace is None else namespace
    return chosen


def _plain(item: Any) -> Object:
    return cast("Object", item.to_dict())
