"""Ray in the tenants' namespaces: KubeRay's operator, and what each tenant gets of it."""
