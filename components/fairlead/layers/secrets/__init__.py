"""Secrets that are kept somewhere else, in the tenants' namespaces: External Secrets Operator."""
