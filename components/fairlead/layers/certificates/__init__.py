"""TLS certificates inside the cluster: cert-manager, and an authority of the platform's own."""
