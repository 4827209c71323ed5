"""The judge of AWS notices single mistakes in what the stacks declare."""

from __future__ import annotations

from reference.aws.checker import check
from reference.aws.mutations import NODES, TEMPLATES
from reference.aws.mutations_databases import DATABASES
from reference.aws.mutations_karpenter import KARPENTER
from reference.aws.mutations_order import ORDER
from reference.aws.mutations_platform import CLUSTERS, IDENTITY, LINKS, NETWORK, SERVICES
from reference.aws.mutations_policies import LEFT_OUT, POLICIES
from reference.aws.stacks import declared
from reference.mutation import assert_caught, run_mutations

MUTATIONS = (
    *NODES,
    *TEMPLATES,
    *NETWORK,
    *CLUSTERS,
    *IDENTITY,
    *SERVICES,
    *DATABASES,
    *LINKS,
    *KARPENTER,
    *ORDER,
    *POLICIES,
    *LEFT_OUT,
)


def test_nineteen_of_twenty_single_mistakes_are_noticed(tell):
    assert_caught("AWS", run_mutations(declared(), MUTATIONS, check), tell)
