"""The health layer: the detector of faults, where the plan says that this platform runs it."""
