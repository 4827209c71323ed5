"""Registries of models: Kubeflow Model Registry, one for each tenant."""
