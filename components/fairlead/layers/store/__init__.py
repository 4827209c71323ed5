"""An object store inside the cluster: contract rules C4 and C5 where the target has none."""
