"""Notebooks: what a cluster holds so that members of its tenants can start them."""
