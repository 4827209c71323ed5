"""Amazon EKS: a cluster, its network, nodes, storage and identities out of the plan."""
