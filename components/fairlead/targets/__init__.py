"""What builds a cluster: one folder each, all handing over the same contract."""
