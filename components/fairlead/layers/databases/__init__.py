"""The databases layer: PostgreSQL inside the cluster for the platform's own parts, by CloudNativePG."""
