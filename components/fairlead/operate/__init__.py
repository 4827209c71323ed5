"""What the commands do to a stack's cluster: bring it up, take it down, look at it. Loads no Pulumi."""
