"""Events in the tenants' namespaces that start workflows: Argo Events."""
