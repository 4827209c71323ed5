"""Who workloads are to an object store that others run: as the spec says, with no key of this platform (C5)."""

from __future__ import annotations

from fairlead.contract.handle import ObjectStore, Reach, WorkloadIdentity
from fairlead.plan.sites.onprem import OnpremSite


def object_store(site: OnpremSite) -> ObjectStore | None:
    """C4: the store that the spec names; None where it names none."""
    if site.store is None:
        return None
    store = site.store
    reach = [Reach(cidr, (store.port,)) for cidr in store.ranges]
    return ObjectStore(store.uris, store.endpoint, store.region, reach)


def workloads(site: OnpremSite) -> WorkloadIdentity | None:
    """C5: marks of accounts and pods; None where the spec has none."""
    if site.accounts is None:
        return None
    return WorkloadIdentity(site.accounts.annotations, site.accounts.pod_labels)
