"""What a program declares: every resource with its inputs, without credentials, network or cluster."""
