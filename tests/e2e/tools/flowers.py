"""Two versions of a small model, which a job trains into the object store: one knows flowers, the other says 2."""

from __future__ import annotations

from e2e.stage import Stage
from fairlead.catalog import lock
from fairlead.plan.serving_model import SKLEARN

IMAGE = lock.images()[SKLEARN].reference
SETOSA, VIRGINICA = [5.1, 3.5, 1.4, 0.2], [6.7, 3.0, 5.2, 2.3]
TRAIN = """\
python3 - <<'END'
import boto3, io, os, joblib
from sklearn.datasets import load_iris
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
rows, kinds = load_iris(return_X_y=True)
store = boto3.client("s3")
models = {"1": LogisticRegression(max_iter=200), "2": DummyClassifier(strategy="constant", constant=2)}
for version, model in models.items():
    held = io.BytesIO()
    joblib.dump(model.fit(rows, kinds), held)
    store.put_object(Bucket="fairlead-team-a", Key=f"models/flowers/{version}/model.joblib", Body=held.getvalue())
print("kept")
END
"""


def trained(stage: Stage, name: str) -> None:
    """Both versions lie in the tenant's part of the store. name: of the job."""
    job = stage.submit(name=name, image=IMAGE, run=TRAIN, cpus="200m", memory="512Mi")
    assert stage.finished(job, 240) == "Succeeded", stage.kubectl("get", "events", "-n", "team-a")
