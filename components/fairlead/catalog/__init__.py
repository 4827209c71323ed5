"""What exists: accelerators, machines, charts, images, limits. Every row has a source and a date."""
