"""What the user wants: a typed, frozen platform spec, read from layered data."""
