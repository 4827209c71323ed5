"""Scanners of others, checkov and kube-score, over every object that a cluster would be told: a second opinion."""
