"""Hyperparameter tuning: Katib, whose trials run through the tenants' queues."""
