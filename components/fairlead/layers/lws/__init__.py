"""Groups of pods that live and die together: LeaderWorkerSet, and what each tenant gets of it."""
