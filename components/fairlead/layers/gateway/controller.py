"""Envoy Gateway's controller, as its own chart has it, on this platform's nodes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairlead.catalog import lock
from fairlead.contract.chart import Object, Release
from fairlead.layers import transform
from fairlead.layers.gateway.place import CONTROLLER as NAME_OF_CONTROLLER
from fairlead.layers.gateway.place import CONTROLLERS, metadata
from fairlead.layers.objects import SEALED, binding, budget, role, rule, spread, unprivileged
from fairlead.layers.tool import CRD, Ground
from fairlead.plan.gateway_model import CHART, CONTROLLER, KINDS, NAMESPACE, GatewayPlan

RESOURCES: Mapping[str, Any] = {"requests": {"cpu": "50m", "memory": "128Mi"}, "limits": {"memory": "1Gi"}}
MAKES_SECRETS = "envoy-gateway-secrets"
ACCOUNT = "envoy-gateway"
"""The chart's name of the controller's account."""


def crds(ground: Ground) -> list[Object]:
    """Kinds of the Gateway API, and the controller's own."""
    return [
        one
        for chart, told in ((KINDS, {}), (CHART, values(ground.plan.gateway)))
        for one in ground.render(Release(chart, chart, NAMESPACE, told))
        if one["kind"] == CRD
    ]


def objects(ground: Ground) -> list[Object]:
    """The controller, without kinds and namespace."""
    plan = ground.plan.gateway
    rendered = ground.render(Release(CHART, CHART, NAMESPACE, values(plan)))
    plain = transform.without_hooks(one for one in rendered if one["kind"] not in {CRD, "Namespace"})
    made = transform.on_pods(transform.in_namespace(plain, NAMESPACE), _fitted(ground))
    return [
        *made,
        *_secrets(),
        *([budget(metadata(CONTROLLER), CONTROLLERS)] if plan.controllers > 1 else []),
    ]


def values(plan: GatewayPlan) -> dict[str, Any]:
    """What the chart is told. What pods have in common is set on the pods themselves."""
    # What the release would write into the holes of the module's values.
    image = {"image": lock.images()[CONTROLLER].reference, "pullPolicy": "IfNotPresent"}
    return {
        "fullnameOverride": CONTROLLER,
        "global": {"images": {"envoyGateway": image}},
        "crds": {"enabled": False},
        "deployment": {"replicas": plan.controllers},
        # It binds zones to proxies by a webhook on every binding of a pod: no proxy here asks for its zone.
        "topologyInjector": {"enabled": False},
        "config": {
            "envoyGateway": {
                "gateway": {"controllerName": NAME_OF_CONTROLLER},
                "provider": {"type": "Kubernetes"},
                "logging": {"level": {"default": "info"}},
                # No patches of the proxies' settings. Backends outside of the cluster only where the issuer is one:
                # tenants write routes, and may not write those.
                "extensionApis": {"enableBackend": True} if plan.login and plan.login.authority else {},
            }
        },
    }


def _fitted(ground: Ground) -> transform.Change:
    image = ground.image(CONTROLLER)

    def change(spec: Mapping[str, Any]) -> Mapping[str, Any]:
        [box] = spec["containers"]
        told = {"image": image, "imagePullPolicy": "IfNotPresent", "resources": RESOURCES}
        sealed = {**box["securityContext"], **SEALED}
        user = unprivileged(box["securityContext"]["runAsUser"])
        # Makes what no certificate is: the secret by which sessions are sealed. What is there is left as it is.
        first = {
            "name": "secrets",
            "command": ["envoy-gateway", "certgen", "--disable-topology-injector"],
            "env": box["env"],
            "securityContext": sealed,
            **told,
        }
        return {
            **{key: value for key, value in spec.items() if value},
            "securityContext": user,
            "initContainers": [first],
            "containers": [{**box, **told, "securityContext": sealed}],
            "nodeSelector": dict(ground.handle.system_selector),
            "topologySpreadConstraints": spread(CONTROLLERS),
        }

    return change


def _secrets() -> list[Object]:
    """The right to make secrets in its own namespace: it reads those of the whole cluster anyway."""
    return [
        role(metadata(MAKES_SECRETS), [rule(("",), ("secrets",), ("get", "create"))]),
        binding(
            metadata(MAKES_SECRETS),
            ("Role", MAKES_SECRETS),
            [{"kind": "ServiceAccount", "name": ACCOUNT, "namespace": NAMESPACE}],
        ),
    ]
