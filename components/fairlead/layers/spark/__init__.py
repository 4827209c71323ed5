"""Spark applications in the tenants' namespaces: the Spark operator, and what each tenant gets of it."""
