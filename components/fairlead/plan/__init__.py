"""What will be built, decided by pure functions from the spec and the catalogue, before anything moves."""
