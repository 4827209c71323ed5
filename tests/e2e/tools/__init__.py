"""The layers of tools on one cluster: the object store, workflows."""
