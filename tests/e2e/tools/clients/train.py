"""A member's own program: finds the runtimes, trains with PyTorch on two nodes, waits, and reads what they said."""

from kubeflow.trainer import CustomTrainer, TrainerClient
from kubeflow.trainer.options import Labels


def train() -> None:
    """Fits one number on every node, with gradients of all of them."""
    import torch
    import torch.distributed as dist

    dist.init_process_group("gloo")
    rank, world = dist.get_rank(), dist.get_world_size()
    weight = torch.zeros(1, requires_grad=True)
    for _ in range(50):
        loss = (weight - float(rank + 1)).pow(2).sum()
        (gradient,) = torch.autograd.grad(loss, weight)
        dist.all_reduce(gradient)
        with torch.no_grad():
            weight -= 0.1 * gradient / world
    print(f"node {rank} of {world} learnt {weight.item():.3f}", flush=True)


client = TrainerClient()
for runtime in client.list_runtimes():
    print("runtime", runtime.name, runtime.trainer.framework, runtime.trainer.device, runtime.trainer.image)
name = client.train(
    runtime=client.get_runtime("torch-distributed"),
    trainer=CustomTrainer(func=train, num_nodes=2, resources_per_node={"cpu": "100m", "memory": "400Mi"}),
    options=[Labels({"kueue.x-k8s.io/queue-name": "training"})],
)
print("sent", name)
job = client.wait_for_job_status(name, timeout=400)
print("status", job.status, *(f"{step.name}={step.status}" for step in job.steps))
for step in ("node-0", "node-1"):
    print("\n".join(client.get_job_logs(name, step=step)))
client.delete_job(name)
print("left", [one.name for one in client.list_jobs()])
