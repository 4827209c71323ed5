"""What every target hands over: the handle of a cluster and of each pool, and the rules C1 to C10."""
