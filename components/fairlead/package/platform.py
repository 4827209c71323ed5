"""The whole platform as one component."""

from typing import Any, TypedDict

import pulumi

from fairlead.package.data import plain


class PlatformArgs(TypedDict):
    """What a platform is made of."""

    spec: dict[str, Any]
    """The platform: what stands under the key `fairlead:platform` of a stack, with all of its layers merged."""


class Platform(pulumi.ComponentResource):
    """A cluster with queues, tenants and all layers that its spec switches on. One in a stack."""

    name: str
    """Name of the cluster."""
    target: str
    """Where it is: aws, gcp, azure, onprem or local."""
    kubeconfig: pulumi.Output[str]
    """Path of a kubeconfig file, or its text with an exec plugin: there is no key in it, and it is kept as a secret."""
    pools: dict[str, str]
    """Pool -> the most nodes it has, and of which machine."""
    tenants: list[str]
    """Names of the tenants, which are their namespaces too."""
    queues: dict[str, list[str]]
    """Tenant -> its queues, best known as stages."""
    gateway: str
    """Domain under which services of the platform answer; empty where it has no gateway."""
    layers: list[str]
    """Layers that run."""

    def __init__(self, name: str, args: PlatformArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Registers it. Raises InputError or RefusedError with all that is wrong: nothing is registered then."""
        from fairlead.catalog import read
        from fairlead.plan.load import load_plan
        from fairlead.program import keep_rules, outputs, register

        plan = load_plan(plain(args["spec"]), f"platform {name}", read.load())
        keep_rules(plan)
        super().__init__("fairlead:index:Platform", name, None, opts)
        handle = register(plan, pulumi.get_stack(), self)
        given = outputs(plan, handle)
        self.name, self.target, self.pools = given["name"], given["target"], given["pools"]
        self.tenants, self.layers = given["tenants"], given["layers"]
        self.kubeconfig = pulumi.Output.secret(handle.kubeconfig)
        self.queues = {one.name: list(plan.queues.stages) for one in plan.queues.queues}
        self.gateway = plan.gateway.domain if plan.gateway.enabled else ""
        self.register_outputs({key: getattr(self, key) for key in Platform.__annotations__})
