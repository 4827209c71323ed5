"""The secrets layer, decided: where Secrets are kept, who has some there, and how many programs bring them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fairlead.catalog.model import CapabilityRow
from fairlead.errors import Problem
from fairlead.plan import gateway_model, monitoring_model, pipelines_model
from fairlead.plan.model import PoolPlan
from fairlead.plan.replicas import pair
from fairlead.plan.secrets_model import ACCOUNT, LAYER, SecretsPlan, VaultPlan, WantedSecret
from fairlead.plan.sites import azure_names
from fairlead.plan.store_model import Share
from fairlead.spec.azure import AzureTarget
from fairlead.spec.layer import Layers
from fairlead.spec.secrets import Vault
from fairlead.spec.targets import AnyTarget

WHERE = f"platform.layers.{LAYER}"


def check(layers: Layers, target: AnyTarget, row: CapabilityRow, tenants: Sequence[str]) -> Iterator[Problem]:
    """They are kept in one place, which the target has. row: what the target says of its secret manager."""
    spec = layers.secrets
    if not spec.enabled:
        return
    if spec.cloud and spec.vault:
        yield Problem(
            f"{WHERE}.cloud",
            "Secrets are kept in one place: vault names another",
            "cloud and vault",
            "one of the two",
            "leave one of them out",
        )
    if spec.cloud and row.status == "unsupported":
        yield Problem(
            f"{WHERE}.cloud",
            f"target {target.kind} has no secret manager of a cloud: {row.reason}",
            "{}",
            "nothing, or vault in its place",
            "leave cloud out: Secrets are kept in the cluster then; or write vault",
        )
    if spec.platform and not spec.cloud and not spec.vault:
        yield Problem(
            f"{WHERE}.platform",
            "Secrets are kept in this cluster: what layers need is put into their own namespaces there",
            "true",
            "false, or true with cloud or vault",
            "leave platform out, or say where Secrets are kept outside",
        )

    if isinstance(target, AzureTarget):
        yield from azure_names.vaults_without_room(target, len(shares(layers, tenants)), f"{WHERE}.cloud")


def secrets_plan(layers: Layers, pools: Sequence[PoolPlan]) -> SecretsPlan:
    """Whether there are ExternalSecrets."""
    spec = layers.secrets
    if not spec.enabled:
        return SecretsPlan()
    return SecretsPlan(
        enabled=True,
        replicas=spec.replicas or pair(pools),
        vault=_vault(spec.vault) if spec.vault else None,
        cloud=spec.cloud is not None,
        wanted=wanted(layers),
    )


def wanted(layers: Layers) -> tuple[WantedSecret, ...]:
    """Secrets that are brought to layers of the platform: what their own settings name."""
    if not (layers.secrets.enabled and layers.secrets.platform):
        return ()
    gateway, pipelines = layers.gateway, layers.pipelines
    found: list[WantedSecret] = []
    if gateway.enabled and gateway.login:
        keys = (gateway_model.CLIENT_SECRET,)
        found.append(WantedSecret(gateway_model.LAYER, gateway_model.NAMESPACE, gateway.login.secret, keys))
    if pipelines.enabled and pipelines.database:
        name, keys = pipelines.database.secret, pipelines_model.DATABASE_KEYS
        found.append(WantedSecret(pipelines_model.LAYER, pipelines_model.NAMESPACE, name, keys))
    if layers.monitoring.enabled and layers.monitoring.notify:
        place, keys = monitoring_model.NAMESPACE, tuple(sorted(layers.monitoring.notify))
        found.append(WantedSecret(monitoring_model.LAYER, place, monitoring_model.NOTIFY, keys))
    return tuple(found)


def shares(layers: Layers, tenants: Sequence[str]) -> tuple[Share, ...]:
    """Who has Secrets in the cloud's manager: each tenant, and each layer that some are brought to."""
    if not (layers.secrets.enabled and layers.secrets.cloud):
        return ()
    return (
        *(Share(name, name, ACCOUNT) for name in tenants),
        *(Share(one.namespace, one.namespace, ACCOUNT, one.layer) for one in wanted(layers)),
    )


def notes(plan: SecretsPlan) -> Iterator[str]:
    """What the reader of a plan should know: what must be there before the platform comes up."""
    for one in plan.wanted:
        yield (
            f"Layer {one.layer} waits for its Secret {one.name}: keep it outside, with {', '.join(one.keys)},"
            " before the platform is brought up (docs/secrets.md)."
        )


def _vault(spec: Vault) -> VaultPlan:
    return VaultPlan(
        spec.server, spec.engine, spec.mount, spec.role, spec.audience, spec.authority, spec.space
    )
