"""Models behind the gateway: KServe, the servers that it starts, and what fetches models for them."""
