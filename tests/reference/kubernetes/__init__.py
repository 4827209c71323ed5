"""What the API server is told, judged by an implementation of its language that is not ours."""
