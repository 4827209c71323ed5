"""A training job as one component, on a cluster that stands."""

from typing import Any, NotRequired, TypedDict

import pulumi

from fairlead.package.data import plain


class TrainingJobArgs(TypedDict):
    """What a job is made of, and where it runs."""

    job: dict[str, Any]
    """The job, in the words of a job file: name, tenant, accelerators, num_nodes, image, run and so on."""
    kubeconfig: pulumi.Input[str]
    """Path of the cluster's kubeconfig file, or its text, for example the output of a platform."""
    context: NotRequired[str]
    """Context in it; left out, its current one."""


class TrainingJob(pulumi.ComponentResource):
    """A job of a tenant: it waits in its queue and starts whole or not at all. Changed, it is deleted and made anew."""

    tenant: str
    """Whose it is: the namespace in which it runs."""
    name: str
    """Its name there."""
    objects: list[str]
    """Kind and name of each Kubernetes object that it became."""

    def __init__(self, name: str, args: TrainingJobArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Registers it. Raises InputError with every problem of the job: nothing is registered then."""
        import pulumi_kubernetes as kubernetes

        from fairlead.catalog.read import load
        from fairlead.workload.load import load_job
        from fairlead.workload.render import render
        from fairlead.workload.resources import send

        job = load_job(plain(args["job"]), f"job {name}", load())
        super().__init__("fairlead:index:TrainingJob", name, None, opts)
        provider = kubernetes.Provider(
            name,
            kubeconfig=args["kubeconfig"],
            context=args.get("context"),
            cluster_identifier=name,
            enable_server_side_apply=True,
            opts=pulumi.ResourceOptions(parent=self),
        )
        objects = render(job)
        send(objects, provider, [], self)
        self.tenant, self.name = job.tenant, job.name
        self.objects = [f"{one['kind']} {one['metadata']['name']}" for one in objects]
        self.register_outputs({"tenant": self.tenant, "name": self.name, "objects": self.objects})
