"""The data types of the Kubernetes client library, met by one thread before several use them.

lightkube 1.0.1 reads what a server says by msgspec, and msgspec 0.22.0 builds what it knows of a type when it first
meets it. A second thread that meets the type in that moment reads what is half built, and the process ends with a
segmentation fault: an `up` of which two webhooks answered at the same time did. tests/workload/test_client_types.py
shows the fault, and fails when it is mended: then this file can go.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any

_LOCK = threading.Lock()
_met: list[bool] = []


def meet_types() -> None:
    """Meets all types that more than one thread may use; the first call does it, others wait for its end."""
    with _LOCK:
        if not _met:
            meet(_types())
            _met.append(True)


def meet(types: Iterable[type]) -> None:
    """Has msgspec build what it knows of some types, and of those that they are made of."""
    import msgspec

    for one in types:
        try:
            msgspec.convert({}, one)
        except msgspec.ValidationError:
            # It lacks required fields, which msgspec says by what it has built.
            continue


def _types() -> list[type]:
    """Of kubeconfigs, of what every object has, of lists, watches and refusals."""
    from lightkube.config import models
    from lightkube.core import decoders
    from lightkube.models import meta_v1

    library: Any = decoders  # not fully typed
    plain = [models.Cluster, models.User, models.Context, meta_v1.ObjectMeta, meta_v1.Status]
    return [*plain, library.ListMetadata, library.WatchEvent]
