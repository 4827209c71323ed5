"""The certificates layer, decided: how many of each program."""

from __future__ import annotations

from collections.abc import Sequence

from fairlead.plan.certificates_model import CertificatesPlan
from fairlead.plan.model import PoolPlan
from fairlead.plan.replicas import pair
from fairlead.spec.certificates import Certificates


def certificates_plan(spec: Certificates, pools: Sequence[PoolPlan]) -> CertificatesPlan:
    """Whether certificates are issued."""
    return CertificatesPlan(True, spec.replicas or pair(pools)) if spec.enabled else CertificatesPlan()
