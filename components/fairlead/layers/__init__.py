"""What runs in every cluster, the same on each: layers know Kubernetes and the contract, nothing else."""
