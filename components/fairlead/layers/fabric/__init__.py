"""The network between nodes: what it needs on the nodes whose jobs get it."""
