"""Jobs of Kubeflow's old API, kubeflow.org/v1, by its training operator: a bridge to TrainJobs."""
