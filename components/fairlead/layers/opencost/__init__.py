"""Showback of what has run, at the plan's prices: OpenCost."""
