"""The fault policy in the words of EKS: overrides of its node auto repair.

An override names a condition and a reason of the node monitoring agent; without one EKS decides. The
agent writes `NvidiaXID79Error` for the codes that it takes for fatal
(github.com/aws/eks-node-monitoring-agent monitors/nvidia/dcgm/classify.go, 2026-11-24).
"""

from __future__ import annotations

from fairlead.catalog.faults import Faults
from fairlead.plan.health import VENDORS, policy
from fairlead.plan.model import PoolPlan
from fairlead.plan.sites.aws_model import RepairOverride
from fairlead.spec.health import Health

REPAIRER = "eks-node-groups"
SPELLING = {"none": "NoAction", "reboot": "Reboot", "replace": "Replace"}
"""botocore 1.44.5 (PyPI) eks service model, RepairAction; 2026-11-24"""


def overrides(spec: Health, pool: PoolPlan, rows: Faults) -> tuple[RepairOverride, ...]:
    """What EKS is told about the faults that it can be told about; nothing for a pool that is left alone."""
    if not pool.repair:
        return ()
    found: list[RepairOverride] = []
    for fault in rows.faults.values():
        row = rows.repairs[REPAIRER][fault.name]
        if row.action or (fault.vendor and VENDORS[fault.vendor] != pool.resource):
            continue
        action, after = policy(spec, fault)
        found += [
            RepairOverride(row.condition, f"NvidiaXID{xid}Error", after // 60, SPELLING[action])
            for xid in fault.xids
        ]
    return tuple(found)
