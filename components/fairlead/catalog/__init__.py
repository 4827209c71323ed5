"""What exists: accelerators, machines, charts, images, limits, capabilities; each row with source and date."""
