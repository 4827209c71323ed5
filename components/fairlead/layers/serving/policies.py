"""What an InferenceService may not leave out: its queue. Its pods would wait for ever, and nothing would say why."""

from __future__ import annotations

from fairlead import labels
from fairlead.contract.chart import Object
from fairlead.layers.objects import TENANTS, refusal, sent
from fairlead.layers.serving.place import GROUP

QUEUED = "fairlead-serving-queued"


def objects() -> list[Object]:
    """The policy and where it holds."""
    said = (
        f"a model waits in a queue of its tenant for what it needs: add the label {labels.QUEUE}: inference"
    )
    named = f"has(object.metadata.labels) && '{labels.QUEUE}' in object.metadata.labels"
    asked = [{"expression": named, "message": said}]
    return refusal(QUEUED, [sent(GROUP, ["inferenceservices"])], asked, TENANTS)
