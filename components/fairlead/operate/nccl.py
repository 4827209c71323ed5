"""`fairlead check nccl`: sends the job, follows it, reads its table, holds it against the machine's row, tidies up."""

from __future__ import annotations

from collections.abc import Callable

from fairlead.catalog.model import Catalog, MachineRow
from fairlead.errors import FairleadError
from fairlead.operate import nccl_job as jobs
from fairlead.operate import nccl_report as report
from fairlead.plan.model import PlatformPlan, PoolPlan
from fairlead.workload.client import Client

Say = Callable[[str], None]


def check(
    plan: PlatformPlan, catalog: Catalog, client: Client, asked: jobs.Asked, say: Say
) -> tuple[report.Verdict, report.Measured]:
    """Measures one pool. The job of an earlier check is replaced; this one is deleted in the end.

    Raises InputError for what cannot be measured, FairleadError where the job does not start in time, fails or
    prints no table.
    """
    pool = jobs.pool_of(plan, asked)
    row = catalog.accelerators.get(pool.accelerator or "")
    job = jobs.job(plan, pool, asked, row.memory_gib if row else 0)
    sent = client.submit(job, replace=True)
    say(f"{job.tenant}/{job.name} {sent.action}: {asked.nodes} nodes of pool {pool.name}")
    try:
        client.wait(
            job.tenant, job.name, "running", asked.patience, lambda now: say(f"  {now.phase} {now.reason}")
        )
        measured = report.parse(_followed(client, job.tenant, job.name, say))
        state = client.state(job.tenant, job.name)
    finally:
        client.cancel(job.tenant, job.name)
    if state.phase != "Succeeded" and not measured.wrong:
        raise FairleadError(f"the job ended as {state.phase}: {state.reason or 'its log says why'}")
    return verdict(plan, pool, catalog, asked.nodes, measured), measured


def _followed(client: Client, tenant: str, name: str, say: Say) -> list[str]:
    """Rank 0's lines; everybody's are shown as they come."""
    found: list[str] = []
    for line in client.logs(tenant, name, following=True):
        say(str(line))
        if line.rank == 0 and not line.note:
            found.append(line.text)
    return found


def verdict(
    plan: PlatformPlan, pool: PoolPlan, catalog: Catalog, nodes: int, measured: report.Measured
) -> report.Verdict:
    """What a table says of a pool."""
    wanted = _wanted(pool, catalog.machines[plan.target].get(pool.machine))
    ok, says = report.judge(measured, wanted, nodes)
    if pool.accelerator is None:
        says = f"a stand-in on CPUs, no figure of an accelerator: {says}"
    given = {name: one.kind for one in plan.fabrics.jobs if one.given for name in one.pools}
    return report.Verdict(
        pool=pool.name,
        machine=pool.machine,
        nodes=nodes,
        per_node=pool.count,
        fabric=given.get(pool.name, "none"),
        busbw_gbps=measured.largest.busbw,
        size=measured.largest.size,
        average_gbps=measured.average,
        wrong=measured.wrong,
        least_gbps=wanted.least(nodes),
        source=wanted.source,
        ok=ok,
        says=says,
    )


def _wanted(pool: PoolPlan, row: MachineRow | None) -> report.Wanted:
    if pool.accelerator is None or row is None:
        return report.Wanted(None)
    return report.Wanted(row.nccl_busbw_gbps, row.nccl_source)
