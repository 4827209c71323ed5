"""What a job of the old API may not ask for: it would run past the queue, or with a size that no queue has admitted."""

from __future__ import annotations

from fairlead.contract.chart import Object
from fairlead.layers.jobs_v1.place import GROUP, KINDS
from fairlead.layers.objects import TENANTS, made_by_their_owner, refusal, sent

OWNERS, SIZES = "fairlead-jobs-v1-owners", "fairlead-jobs-v1-sizes"
_METRICS = "object.?spec.?elasticPolicy.?metrics"


def objects() -> list[Object]:
    """The policies and where they hold. Nobody makes these jobs for another object: neither Katib nor the operator."""
    said = (
        "elasticPolicy.metrics is not offered: a job has the size that its queue has admitted, and no autoscaler"
        " changes it; minReplicas and maxReplicas may stay"
    )
    elastic = [{"expression": f"!{_METRICS}.hasValue()", "message": said}]
    return [
        *made_by_their_owner(OWNERS, GROUP, list(KINDS.values())),
        *refusal(SIZES, [sent(GROUP, [KINDS["PyTorchJob"]])], elastic, TENANTS),
    ]
