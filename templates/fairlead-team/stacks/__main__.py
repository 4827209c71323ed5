"""Sends the team's jobs to the platform's cluster: each file in `jobs` is one."""

from pathlib import Path

import pulumi
import yaml
from fairlead.package.training_job import TrainingJob

platform = pulumi.StackReference(pulumi.Config("fairlead").require("cluster"))
for file in sorted((Path(__file__).parents[1] / "jobs").glob("*.yaml")):
    job = yaml.safe_load(file.read_text(encoding="utf-8"))
    TrainingJob(file.stem, {"job": job, "kubeconfig": platform.require_output("kubeconfig")})
