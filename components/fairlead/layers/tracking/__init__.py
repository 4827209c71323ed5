"""The tracking layer: MLflow, which keeps experiments, artefacts and models of the tenants."""
