"""The `fairlead` command. What a command needs is imported when it runs: help and errors come at once."""
