"""What is recorded and what is warned of, by the evaluation of Prometheus itself (promtool)."""
