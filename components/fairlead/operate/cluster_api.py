"""A reader of Kubernetes objects of any kind as plain data, over lightkube."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fairlead.errors import FairleadError

if TYPE_CHECKING:
    from lightkube import Client


@dataclass(frozen=True)
class ClusterApi:
    """Reads objects by API version and kind, with every field the server sends."""

    client: Client

    def objects(self, api_version: str, kind: str, *, namespaced: bool = True) -> list[Mapping[str, Any]]:
        """Every object of a kind, in all namespaces; empty where the cluster does not know the kind."""
        from lightkube import ApiError
        from lightkube.generic_resource import create_global_resource, create_namespaced_resource

        group, _, version = api_version.rpartition("/")
        plural = f"{kind.lower()}s"
        try:
            if namespaced:
                resource = create_namespaced_resource(group, version, kind, plural)
                return [one.to_dict() for one in self.client.list(resource, namespace="*")]
            return [one.to_dict() for one in self.client.list(create_global_resource(group, version, kind, plural))]
        except ApiError as error:
            if error.status.code == 404:
                return []
            raise FairleadError(f"the cluster refused to list {plural}: {error.status.message}") from error


@contextmanager
def connected(kubeconfig: Path) -> Iterator[ClusterApi]:
    """A reader of the cluster of a kubeconfig. Raises FairleadError if its server does not answer."""
    from httpx2 import TransportError
    from lightkube import Client, KubeConfig

    with Client(config=KubeConfig.from_file(str(kubeconfig))) as client:
        try:
            yield ClusterApi(client)
        except TransportError as error:
            raise FairleadError(f"the cluster's API server does not answer: {error}") from error
