"""What users run: a training job in a few words, rendered to the same manifests on every target."""
