"""What data scientists work with, on one cluster: notebooks, tuning, Spark, runtimes, logins and secrets."""
