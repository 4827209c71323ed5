"""Pulumi's SDKs, made light: what they do for each resource and this program has no use for is left out."""
