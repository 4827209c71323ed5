"""A real cluster on this machine: real control plane, one real node, simulated accelerator nodes."""
