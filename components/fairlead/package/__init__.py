"""Components that other languages of Pulumi use: what they take and give crosses the package's boundary.

Pulumi reads their schema from the annotations, so these modules know no `from __future__ import annotations`, and
their arguments are records of primitives, lists and maps (pulumi/pulumi#18526).
"""
