"""The pipelines layer: Kubeflow Pipelines, whose runs are workflows of Argo in the tenants' namespaces."""
