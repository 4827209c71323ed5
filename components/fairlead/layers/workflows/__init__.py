"""The workflows layer: Argo Workflows, which runs graphs of steps as pods in the tenants' namespaces."""
