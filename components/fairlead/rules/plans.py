"""Rules about a plan: what is decided of a platform as a whole, before there is a resource."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction
from typing import cast

from fairlead.rules.model import AnyRule, Data, Flaw, Level, Whole, WholeRule
from fairlead.rules.settings import is_world, listed
from fairlead.values import quantity

KEPT_DAYS = 7
"""Fewest days for which backups are kept: a week has a day on which nobody looks."""
LOG_DAYS = 90
"""Fewest days for which logs of the control plane are kept: NSA and most standards ask for a quarter."""
STANDING = frozenset({"reserved", "on-demand"})
"""Ways of buying that do not take a node away while it works."""


def part(data: Data, key: str) -> Data:
    """A map inside a plan; empty where there is none."""
    found = data.get(key)
    return cast("Data", found) if isinstance(found, Mapping) else {}


def in_prod(check: Callable[[Data], Iterable[Flaw]]) -> Callable[[Whole], Iterator[Flaw]]:
    """The check for a platform that people work on; where things are tried it finds nothing."""

    def only(whole: Whole) -> Iterator[Flaw]:
        if whole.plan.get("environment") == "prod":
            yield from check(whole.plan)

    return only


def everywhere(check: Callable[[Data], Iterable[Flaw]]) -> Callable[[Whole], Iterable[Flaw]]:
    """The check for any platform."""
    return lambda whole: check(whole.plan)


def _fallback(plan: Data) -> Iterator[Flaw]:
    layers = [name for name in ("serving", "scaling") if part(plan, name).get("enabled")]
    if not layers:
        return
    bought: defaultdict[str, set[str]] = defaultdict(set)
    for pool in listed(plan.get("pools")):
        if pool.get("accelerator"):
            bought[pool["accelerator"]] |= {rung["capacity"] for rung in listed(pool.get("rungs"))}
    for place, pool in enumerate(listed(plan.get("pools"))):
        ways = bought.get(pool.get("accelerator"), STANDING)
        if not ways & STANDING:
            given = ", ".join(sorted(ways))
            what = f"services on {pool['accelerator']} have no node when the cloud takes back pool {pool['name']}'s"
            fix = (
                "add on-demand behind it in the pool's capacity, or a pool of the same accelerator that stays"
            )
            yield Flaw(f"pools[{place}].capacity", what, given, "reserved or on-demand too", fix)


def _zones(plan: Data) -> Iterator[Flaw]:
    for place, pool in enumerate(listed(plan.get("pools"))):
        zones = listed(pool.get("zones"))
        near = pool.get("accelerator") or pool.get("placement") == "compact"
        if len(zones) == 1 and not near and pool.get("max_nodes", 0) > 1:
            what = f"all nodes of pool {pool['name']} are in one zone"
            yield Flaw(f"pools[{place}].zones", what, str(zones[0]), "two zones or more", "leave zones out")


def _region(whole: Whole) -> Iterator[Flaw]:
    allowed = listed(whole.settings.get("regions"))
    region = part(whole.plan, "site").get("region")
    if allowed and region and region not in allowed:
        fix = "build it in a region that is allowed, or add this one to platform.policies.regions"
        yield Flaw("site.region", f"the platform is in {region}", region, ", ".join(allowed), fix)


def _covered(plan: Data) -> Iterator[Flaw]:
    queues = part(plan, "queues")
    promised: defaultdict[tuple[str, str], Fraction] = defaultdict(Fraction)
    for queue in listed(queues.get("queues")):
        for quota in listed(queue.get("quotas")):
            for resource, amount in part(quota, "nominal").items():
                promised[quota["flavor"], resource] += quantity(amount)
    for place, flavor in enumerate(listed(queues.get("flavors"))):
        for resource, total in part(flavor, "totals").items():
            given = promised[flavor["name"], resource]
            if given > quantity(total):
                what = f"tenants are promised more {resource} of {flavor['name']} than its pools ever have"
                fix = "raise max of a pool, or lower a tenant's quota"
                yield Flaw(
                    f"queues.flavors[{place}].totals.{resource}", what, f"{float(given):g}", total, fix
                )


def _login(plan: Data) -> Iterator[Flaw]:
    gateway = part(plan, "gateway")
    if gateway.get("enabled") and gateway.get("expose") == "internet" and not gateway.get("login"):
        what = "the platform's pages are open to the Internet without a login"
        fix = "say how people log in: platform.layers.gateway.login"
        yield Flaw("gateway.login", what, "none", "an issuer", fix)


def _private(plan: Data) -> Iterator[Flaw]:
    if part(plan, "site").get("public"):
        fix = "leave it private and come through a VPN or a bastion"
        yield Flaw("site.public", "the API of the cluster has a public address", "true", "false", fix)


def _narrow(plan: Data) -> Iterator[Flaw]:
    site, gateway = part(plan, "site"), part(plan, "gateway")
    for path, ranges in (("site.allow", site.get("allow")), ("gateway.allow", gateway.get("allow"))):
        for place, one in enumerate(listed(ranges)):
            if is_world(one):
                what = "everybody may call"
                yield Flaw(
                    f"{path}[{place}]", what, one, "ranges of those who do", "name the ranges you call from"
                )


def _backups(plan: Data) -> Iterator[Flaw]:
    databases = part(plan, "databases")
    managed = part(databases, "managed")
    if managed and not managed.get("backup_days"):
        yield Flaw(
            "databases.managed.backup_days", "databases have no backup", "0", "1 or more", "say for how long"
        )
    if listed(databases.get("namespaces")) and not databases.get("dumps"):
        what = "databases in the cluster are copied nowhere"
        yield Flaw(
            "databases.dumps", what, "none", "a schedule", "say when in platform.layers.databases.dumps"
        )


def _backups_kept(plan: Data) -> Iterator[Flaw]:
    days = part(part(plan, "databases"), "managed").get("backup_days")
    if days and days < KEPT_DAYS:
        what = f"backups are gone after {days} days"
        yield Flaw(
            "databases.managed.backup_days", what, str(days), f"{KEPT_DAYS} or more", "keep them longer"
        )


def _standby(plan: Data) -> Iterator[Flaw]:
    databases = part(plan, "databases")
    managed = part(databases, "managed")
    if managed and not managed.get("standby"):
        what = "the database is away as long as its zone is"
        yield Flaw(
            "databases.managed.standby", what, "false", "true", "let it have a standby in another zone"
        )
    if listed(databases.get("namespaces")) and databases.get("instances", 0) < 2:
        what = "a database is away as long as its node is"
        yield Flaw(
            "databases.instances",
            what,
            str(databases.get("instances")),
            "2 or more",
            "let it have two servers",
        )


def _logs_kept(plan: Data) -> Iterator[Flaw]:
    days = part(plan, "site").get("log_days")
    if isinstance(days, int) and days < LOG_DAYS:
        what = f"logs of the control plane are gone after {days} days"
        yield Flaw("site.log_days", what, str(days), f"{LOG_DAYS} or more", "keep them longer")


def _state_protected(plan: Data) -> Iterator[Flaw]:
    site = part(plan, "site")
    if site.get("protect") is False:
        what = "one wrong change deletes the cluster and all that is stored"
        yield Flaw("site.protect", what, "false", "true", "leave platform.target.protect out")


def _egress(plan: Data) -> Iterator[Flaw]:
    for place, tenant in enumerate(listed(plan.get("tenants"))):
        for where, one in enumerate(listed(tenant.get("egress"))):
            if is_world(one):
                what = f"what runs for {tenant['name']} may send to everywhere"
                fix = "name the ranges of what it calls"
                yield Flaw(f"tenants[{place}].egress[{where}]", what, one, "ranges of what it calls", fix)


def _restricted(plan: Data) -> Iterator[Flaw]:
    for place, tenant in enumerate(listed(plan.get("tenants"))):
        standard = tenant.get("pod_security")
        if standard != "restricted":
            what = f"pods of {tenant['name']} may do more than they need"
            fix = "leave pod_security out, and mend the images that need more"
            yield Flaw(f"tenants[{place}].pod_security", what, str(standard), "restricted", fix)


def _owned(plan: Data) -> Iterator[Flaw]:
    for place, tenant in enumerate(listed(plan.get("tenants"))):
        if "owner" in tenant and not tenant["owner"]:
            what = f"nobody answers for what {tenant['name']} uses"
            yield Flaw(f"tenants[{place}].owner", what, fix="name a person or a team in the tenant's owner")


def _rule(
    rule: str,
    level: Level,
    title: str,
    reason: str,
    check: Callable[[Whole], Iterable[Flaw]],
    *references: str,
) -> AnyRule:
    return WholeRule(
        id=rule,
        title=title,
        reason=reason,
        level=level,
        references=references,
        looks_at="plan",
        check=check,
    )


SEPARATION = "NSA 1.2 Network separation and hardening"
RULES: tuple[AnyRule, ...] = (
    _rule(
        "plan-services-stay",
        "mandatory",
        "Services have nodes that stay when spot nodes go",
        "A cloud takes spot nodes back within minutes and all at once: a model that runs on nothing else is then away.",
        everywhere(_fallback),
    ),
    _rule(
        "plan-two-zones",
        "mandatory",
        "What people work on stands in more than one zone",
        "A zone fails as a whole some times a year; what stands in one is away until it is back.",
        in_prod(_zones),
    ),
    _rule(
        "plan-region-allowed",
        "mandatory",
        "A platform is in a region that is allowed",
        "Where data lies decides which law holds for it and what moving it costs, and it is seldom moved back.",
        _region,
    ),
    _rule(
        "plan-quota-covered",
        "mandatory",
        "Tenants are promised no more than there can be",
        "A guarantee that no node can meet shows as work that waits for ever, and each tenant blames another.",
        everywhere(_covered),
    ),
    _rule(
        "plan-login",
        "mandatory",
        "Pages that the Internet reaches ask who comes",
        "Dashboards and notebooks run code for whoever opens them: without a login that is everybody.",
        everywhere(_login),
        SEPARATION,
        "NSA 1.2 Authentication and authorization",
    ),
    _rule(
        "plan-endpoint-private",
        "mandatory",
        "The API of a cluster that people work on is private",
        "An API server with a public address is tried by everybody on the day that a hole in it is known.",
        in_prod(_private),
        "CIS-EKS 1.7.0 5.4.2",
        SEPARATION,
    ),
    _rule(
        "plan-callers-named",
        "mandatory",
        "Who may call is named, not everybody",
        "A list of addresses that has all of them is no list: it only looks as if somebody had decided.",
        everywhere(_narrow),
        "CIS-EKS 1.7.0 5.4.1",
        SEPARATION,
    ),
    _rule(
        "plan-backups",
        "mandatory",
        "Databases that people work with are backed up",
        "Experiments and models of years are in a database of some gigabytes: without a copy one mistake ends them.",
        in_prod(_backups),
        "AWS FSBP RDS.11",
    ),
    _rule(
        "plan-backups-kept",
        "advisory",
        "Backups are kept for a week at least",
        "What is found broken on Monday was broken on Friday, and the copy from before has to be there still.",
        in_prod(_backups_kept),
        "AWS FSBP RDS.11",
    ),
    _rule(
        "plan-database-standby",
        "advisory",
        "A database that people work with has a second server",
        "While its one server is replaced no run is logged, and jobs that cannot log fail.",
        in_prod(_standby),
        "AWS FSBP RDS.5",
    ),
    _rule(
        "plan-logs-kept",
        "advisory",
        "Logs of the control plane are kept for a quarter",
        "Who got in is found weeks later, and only the logs of that day say what they did.",
        in_prod(_logs_kept),
        "NSA 1.2 Audit logging and threat detection",
    ),
    _rule(
        "plan-state-protected",
        "mandatory",
        "What people work on is protected from deletion",
        "A name that changes in a file replaces the resource: without protection the data goes with it.",
        in_prod(_state_protected),
    ),
    _rule(
        "plan-tenant-owner",
        "advisory",
        "Somebody answers for each tenant",
        "What is held and not used is given back by whoever is asked: without a name nobody is.",
        everywhere(_owned),
    ),
    _rule(
        "plan-tenant-egress",
        "advisory",
        "Work sends only where it must",
        "Code that tenants bring, and all that it installs, can send away whatever it reads if nothing holds it.",
        everywhere(_egress),
        SEPARATION,
    ),
    _rule(
        "plan-tenant-restricted",
        "advisory",
        "Tenants' pods keep the strictest standard",
        "What the standard forbids beyond that is what is used to get from a container to its node.",
        everywhere(_restricted),
        "PSS restricted",
    ),
)
