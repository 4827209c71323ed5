"""`make bench-schedule`: a day of a real datacenter's jobs on a thousand simulated nodes, in three ways.

Everything that decides is real: API server, scheduler, Job controller, Kueue with this product's values and
queues. Simulated are the machines, and the time: one hour passes in a few seconds. docs/scheduling.md.
"""
