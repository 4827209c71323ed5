"""One way in for what tenants serve: Envoy Gateway, and the Gateway of the contract."""
