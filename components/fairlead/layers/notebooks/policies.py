"""What a Service of a tenant may be: a name for pods of its own namespace, and nothing else.

An address outside of the cluster (externalIPs) would be answered by the tenant on all nodes, whoever it belongs to
(CVE-2020-8554, https://github.com/kubernetes/kubernetes/issues/97076); a name outside (ExternalName) would have others
call it for him. Ports of nodes and load balancers are in no quota of a tenant (`plan.policy`), and are refused here
with a reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fairlead.contract.chart import Object
from fairlead.layers.objects import FROM_WITHIN, TENANTS, refusal, sent

SERVICES = "fairlead-notebooks-services"


def objects() -> list[Object]:
    """The policy and where it holds: for people and accounts of tenants; controllers make Services of all kinds."""
    within = {"matchConditions": [{"name": "from-within", "expression": FROM_WITHIN}]}
    return refusal(SERVICES, [sent("", ["services"])], _validations(), TENANTS, within)


def _validations() -> Sequence[Mapping[str, str]]:
    said = (
        "a Service of a tenant has the type ClusterIP: what is called from outside goes through the gateway"
    )
    foreign = "externalIPs are not offered: the addresses belong to others"
    return [
        {"expression": "!has(object.spec.type) || object.spec.type == 'ClusterIP'", "message": said},
        {
            "expression": "!has(object.spec.externalIPs) || object.spec.externalIPs.size() == 0",
            "message": foreign,
        },
    ]
