"""Up, up again, destroy, up again: last, because the session's cluster is used up by it."""

from __future__ import annotations

import pytest

from e2e.stage import Stage, until

pytestmark = pytest.mark.e2e

CLUSTER_WIDE = (
    "namespaces,nodes,customresourcedefinitions,clusterroles,clusterrolebindings,storageclasses,"
    "mutatingwebhookconfigurations,validatingwebhookconfigurations,apiservices,persistentvolumes,priorityclasses"
)

CLUSTERS_OWN = {
    "clusterrole.rbac.authorization.k8s.io/fairlead:kwok",
    "clusterrolebinding.rbac.authorization.k8s.io/fairlead:kubelet-api",
    "clusterrolebinding.rbac.authorization.k8s.io/fairlead:kwok",
    "node/node-0",
}
"""What the cluster itself has before any platform is on it."""


def names(stage: Stage) -> set[str]:
    """Every object outside namespaces, and every object of kinds that layers use in kube-system."""
    everywhere = stage.kubectl("get", CLUSTER_WIDE, "-o", "name").split()
    kinds = "deploy,ds,svc,cm,sa,role,rolebinding,secret"
    system = stage.kubectl("get", kinds, "-n", "kube-system", "-o", "name")
    return set(everywhere) | {f"kube-system/{name}" for name in system.split()}


def test_the_first_up_made_everything_from_nothing(stage: Stage) -> None:
    assert stage.first is not None
    assert set(stage.first.counts) == {"created"}
    assert stage.first.counts["created"] > 100


def test_a_second_up_changes_nothing(stage: Stage) -> None:
    again = stage.up()
    assert set(again.counts) == {"unchanged"}
    assert stage.first is not None
    assert again.counts["unchanged"] == stage.first.counts["created"]


@pytest.mark.soak
def test_destroy_leaves_nothing_while_jobs_run_and_up_works_again_three_times_in_a_row(stage: Stage) -> None:
    bare: set[str] = set()
    for turn in range(3):
        gang = stage.submit(name=f"gang-{turn}", accelerators="H100:8", num_nodes=4, run_for="600s")
        waiting = stage.submit(name=f"waiting-{turn}", accelerators="H100:8", num_nodes=4)
        real = stage.submit(name=f"real-{turn}", cpus="50m", memory="32Mi", run="sleep 600")
        until("the gang runs", lambda job=gang: len(stage.running(job)) == 4, 120)
        until("the real one runs", lambda job=real: stage.running(job))
        assert not stage.running(waiting)

        gone = stage.engine.destroy()
        assert gone.counts["deleted"] > 100
        assert gone.seconds < 240
        left = names(stage)
        bare = bare or left
        assert left == bare, "the same is left as after the first destroy"
        ours = ("fairlead", "kueue", "kubeflow", "jobset", "team-", "node/", "coredns", "kube-router")
        assert {name for name in left if any(word in name for word in ours)} == CLUSTERS_OWN

        made = stage.up()
        assert made.counts["created"] == gone.counts["deleted"]
