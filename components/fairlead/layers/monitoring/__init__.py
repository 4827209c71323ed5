"""Metrics of the platform's own programs: Prometheus, its operator, and whom it asks."""
