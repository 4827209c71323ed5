"""All that dashboards ask for, told of a small cluster: pods of every kind, faults of every vendor, queues, calls.

Labels as Prometheus keeps them: those of a program's own pods come from who gathers, and a program's own words for
namespace and pod are `exported_namespace` and `exported_pod`.
"""

from __future__ import annotations

from fairlead import series
from reference.prometheus.cluster import LONG, TENANT, dcgm, node, pod, tenant
from reference.prometheus.promtool import Series

FLAT, RISING = f"1{LONG}", f"0+1{LONG}"
_POD = f'namespace="{TENANT}", pod="train-0", container="job", uid="u"'
_QUEUE = f'cluster_queue="{TENANT}", replica_role="leader"'
_WORKLOAD = f'namespace="{TENANT}", name="w", queue="training", owner="train", owner_kind="Job"'
_ROUTE = f'envoy_cluster_name="httproute/{TENANT}/chat/rule/0"'
_SERVED = 'created_by_kind="ReplicaSet", created_by_name="chat-1"'


def cluster() -> Series:
    """n1 is full and half of it idle, n2 is empty and has faults, n3 serves."""
    return {
        **node("n1", count=2),
        **node("n2", count=8),
        **node("n3", count=2),
        **tenant(),
        **pod("train-0", "n1", count=2),
        **pod("chat-1-x", "n3", count=1, job="", stage="inference", owner=_SERVED),
        f'kube_replicaset_owner{{namespace="{TENANT}", replicaset="chat-1", owner_kind="Deployment", '
        f'owner_name="chat"}}': FLAT,
        **_accelerators(),
        **states(),
        **vendors(),
        **kueue(),
        **envoy(),
        f'{series.CHECKPOINT_AGE}{{namespace="{TENANT}", tenant="{TENANT}", training_job="train"}}': f"60{LONG}",
    }


def _accelerators() -> Series:
    """One of two does nothing; the one that serves is busy."""
    used = {(0, "train-0", "n1"): 0.75, (1, "train-0", "n1"): 0, (0, "chat-1-x", "n3"): 0.75}
    told: dict[str, str] = {}
    for (gpu, holder, on), busy in used.items():
        figures = {
            "DCGM_FI_PROF_GR_ENGINE_ACTIVE": busy,
            "DCGM_FI_DEV_FB_USED": 60,
            "DCGM_FI_DEV_FB_FREE": 20,
            "DCGM_FI_DEV_POWER_USAGE": 400,
            "DCGM_FI_DEV_GPU_TEMP": 60,
        }
        told |= {dcgm(name, gpu, holder, on): f"{value}{LONG}" for name, value in figures.items()}
    return told


def states() -> Series:
    """What kube-state-metrics tells, beside what `cluster` has."""
    return {
        **{
            f'kube_node_status_condition{{node="{name}", condition="Ready", status="{status}"}}': (
                f"{int((status == 'true') == (name != 'n2'))}{LONG}"
            )
            for name in ("n1", "n2", "n3")
            for status in ("true", "false")
        },
        'kube_node_status_condition{node="n1", condition="XIDErrors", status="true"}': FLAT,
        'kube_node_status_condition{node="n2", condition="MemoryPressure", status="true"}': f"0{LONG}",
        'kube_node_spec_taint{node="n1", key="fairlead.dev/quarantine", value="xid", effect="NoExecute"}': FLAT,
        'kube_node_spec_taint{node="n2", key="nvidia.com/gpu", value="present", effect="NoSchedule"}': FLAT,
        'kube_node_spec_unschedulable{node="n1"}': FLAT,
        **{f'kube_node_created{{node="{name}"}}': f"0{LONG}" for name in ("n1", "n2", "n3")},
        f"kube_pod_container_status_restarts_total{{{_POD}}}": RISING,
        f'kube_pod_container_status_last_terminated_reason{{{_POD}, reason="OOMKilled"}}': FLAT,
        f'kube_pod_container_status_waiting_reason{{{_POD}, reason="ImagePullBackOff"}}': FLAT,
        f'kube_deployment_spec_replicas{{namespace="{TENANT}", deployment="chat"}}': f"3{LONG}",
        f'kube_deployment_status_replicas_available{{namespace="{TENANT}", deployment="chat"}}': f"1{LONG}",
        f'kube_statefulset_replicas{{namespace="{TENANT}", statefulset="large"}}': f"2{LONG}",
        f'kube_statefulset_status_replicas_ready{{namespace="{TENANT}", statefulset="large"}}': f"2{LONG}",
        f"fairlead_workload_created{{{_WORKLOAD}}}": f"0{LONG}",
    }


def vendors() -> Series:
    """Faults in the words of each vendor's exporter. The node is what who gathers says."""
    amd = 'node="n1", gpu_id="0", gpu_partition_id="0", card_model="MI300X"'
    return {
        dcgm("DCGM_FI_DEV_XID_ERRORS", 0, "train-0"): f"79{LONG}",
        dcgm("DCGM_FI_DEV_ROW_REMAP_FAILURE", 0, "train-0"): FLAT,
        dcgm("DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS", 0, "train-0"): f"2{LONG}",
        dcgm("DCGM_FI_DEV_PCIE_REPLAY_COUNTER", 0, "train-0"): RISING,
        f"gpu_health{{{amd}}}": f"0{LONG}",
        f"gpu_ecc_uncorrect_total{{{amd}}}": f"3{LONG}",
        f"pcie_replay_count{{{amd}}}": RISING,
        'hardware_ecc_events_total{node="n1", neuron_device_index="0", event_type="mem_ecc_uncorrected"}': FLAT,
        'execution_errors_total{node="n1", runtime_tag="1", error_type="hardware"}': RISING,
    }


def kueue() -> Series:
    """The queue of the tenant: of four accelerators two are used, two workloads wait."""
    flavor = f'{_QUEUE}, cohort="fairlead", flavor="h100-spot"'
    told = {
        f'kueue_pending_workloads{{{_QUEUE}, status="active"}}': f"1{LONG}",
        f'kueue_pending_workloads{{{_QUEUE}, status="inadmissible"}}': f"1{LONG}",
        f"kueue_admitted_active_workloads{{{_QUEUE}}}": f"5{LONG}",
        f'kueue_admitted_workloads_total{{{_QUEUE}, priority_class="training"}}': RISING,
        f'kueue_evicted_workloads_total{{{_QUEUE}, reason="Preempted", underlying_cause="", '
        'priority_class="training"}': RISING,
        f'kueue_preempted_workloads_total{{preempting_cluster_queue="{TENANT}", reason="InClusterQueue", '
        'replica_role="leader"}': RISING,
        f'kueue_cluster_queue_status{{{_QUEUE}, status="active"}}': f"0{LONG}",
        f'kueue_cluster_queue_status{{{_QUEUE}, status="pending"}}': FLAT,
        f'kueue_cluster_queue_resource_pending{{{_QUEUE}, resource="nvidia.com/gpu"}}': f"16{LONG}",
    }
    for resource, used, quota in (("nvidia.com/gpu", 2, 4), ("cpu", 8, 8)):
        told[f'kueue_cluster_queue_resource_usage{{{flavor}, resource="{resource}"}}'] = f"{used}{LONG}"
        told[f'kueue_cluster_queue_nominal_quota{{{flavor}, resource="{resource}"}}'] = f"{quota}{LONG}"
    for bound in ("60", "600", "+Inf"):
        name = "kueue_admission_wait_time_seconds_bucket"
        told[f'{name}{{{_QUEUE}, priority_class="training", le="{bound}"}}'] = RISING
    return told


def envoy() -> Series:
    """Of 100 answers 1 fails and 4 are refused. What a proxy counts of itself is of nobody's route."""
    told = {
        f'envoy_cluster_upstream_rq_xx{{{_ROUTE}, envoy_response_code_class="{code}"}}': f"0+{count * 60}{LONG}"
        for code, count in (("2", 95), ("4", 4), ("5", 1))
    }
    own = 'envoy_cluster_name="xds_cluster"'
    return {
        **told,
        **{
            f'envoy_cluster_upstream_rq_time_bucket{{{_ROUTE}, le="{bound}"}}': f"0+{count * 60}{LONG}"
            for bound, count in (("25", 50), ("100", 100), ("+Inf", 100))
        },
        f"envoy_cluster_upstream_rq_active{{{_ROUTE}}}": f"7{LONG}",
        f"envoy_cluster_upstream_rq_pending_active{{{_ROUTE}}}": f"2{LONG}",
        f'envoy_cluster_membership_healthy{{{_ROUTE}, pod="proxy-1"}}': f"3{LONG}",
        f'envoy_cluster_membership_healthy{{{_ROUTE}, pod="proxy-2"}}': f"3{LONG}",
        f"envoy_cluster_upstream_rq_active{{{own}}}": f"100{LONG}",
    }
