"""The judge of AWS notices single mistakes in what the stacks declare."""

from __future__ import annotations

from reference.aws.checker import check
from reference.aws.mutations import NODES, TEMPLATES
from reference.aws.mutations_karpenter import KARPENTER
from reference.aws.mutations_order import ORDER
from reference.aws.mutations_platform import CLUSTERS, IDENTITY, LINKS, NETWORK, SERVICES
from reference.aws.mutations_policies import LEFT_OUT, POLICIES
from reference.aws.stacks import declared
from reference.mutation import rate, report, run_mutations

MUTATIONS = (
    *NODES,
    *TEMPLATES,
    *NETWORK,
    *CLUSTERS,
    *IDENTITY,
    *SERVICES,
    *LINKS,
    *KARPENTER,
    *ORDER,
    *POLICIES,
    *LEFT_OUT,
)
GOAL = 0.95


def test_nineteen_of_twenty_single_mistakes_are_noticed():
    assert len(MUTATIONS) >= 55
    outcomes = run_mutations(declared(), MUTATIONS, check)
    told = report("AWS", outcomes)
    print(told)
    assert rate(outcomes) >= GOAL, told
