"""Rules of the services around a cluster: keys, buckets, queues and events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reference.aws import iam_documents as iam
from reference.aws.declared import LAUNCH_TEMPLATE, Declared, finding, json_text, some
from reference.common import Finding, Resource

KEY = "aws:kms/key:Key"
BUCKET = "aws:s3/bucket:Bucket"
QUEUE = "aws:sqs/queue:Queue"
EVENT_RULE = "aws:cloudwatch/eventRule:EventRule"
EVENT_TARGET = "aws:cloudwatch/eventTarget:EventTarget"

_BESIDE_BUCKET = {
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": {
        "blockPublicAcls": True,
        "blockPublicPolicy": True,
        "ignorePublicAcls": True,
        "restrictPublicBuckets": True,
    },
    "aws:s3/bucketVersioning:BucketVersioning": {"versioningConfiguration": {"status": "Enabled"}},
}
"""What stands beside every bucket, and how."""

_EVENTS = {
    "aws.ec2": (
        "EC2 Spot Instance Interruption Warning",
        "EC2 Instance Rebalance Recommendation",
        "EC2 Instance State-change Notification",
        "EC2 Capacity Reservation Instance Interruption Warning",
    ),
    "aws.health": ("AWS Health Event",),
    "aws.autoscaling": ("EC2 Instance-terminate Lifecycle Action", "EC2 Instance-launch Lifecycle Action"),
}
"""Source -> kinds of events about instances: EventBridge events reference; what a node's end is told by."""

_AUTOSCALING = "aws-service-role/autoscaling.amazonaws.com/"


def check(stack: Declared) -> list[Finding]:
    """Every rule on these services."""
    found: list[Finding] = []
    for key in stack.of(KEY):
        found += _key(stack, key)
    for bucket in stack.of(BUCKET):
        found += _bucket(stack, bucket)
    for rule in stack.of(EVENT_RULE):
        found += _event_rule(stack, rule)
    for target in stack.of(EVENT_TARGET):
        found += _event_target(stack, target)
    return found


def _allowed(document: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Action, statement of all that a policy document allows."""
    for one in iam.statements(document):
        if one.get("Effect") == "Allow":
            for action in iam.several(one.get("Action")):
                yield action, one


def _key(stack: Declared, key: Resource) -> Iterator[Finding]:
    """A key policy of one's own keeps the account's root, and lets in the services that use the key."""
    if key["inputs"].get("enableKeyRotation") is not True:
        yield finding(key, "enableKeyRotation", "the key is not rotated")
    if (text := key["inputs"].get("policy")) is None:
        document: Any = {}
    else:
        document = json_text(text)
        if ":root" not in str(text):
            yield finding(key, "policy", "the account's root is locked out of the key")
    services = {name for _action, one in _allowed(document) for name in iam.principals(one, "Service")}
    uses_logs = any(
        stack.follow(one["inputs"].get("kmsKeyId")) is key
        for one in stack.of("aws:cloudwatch/logGroup:LogGroup")
    )
    if uses_logs and not any(name.startswith("logs.") for name in services):
        yield finding(key, "policy", "CloudWatch Logs may not use the key that its log group names")
    if _encrypts_volumes(stack, key) and not any(map(_grants_autoscaling, _allowed(document))):
        what = "the Auto Scaling service role may not grant the key to the nodes' volumes"
        yield finding(key, "policy", what)


def _encrypts_volumes(stack: Declared, key: Resource) -> bool:
    return any(
        stack.follow(some(one.get("ebs")).get("kmsKeyId")) is key
        for template in stack.of(LAUNCH_TEMPLATE)
        for one in template["inputs"].get("blockDeviceMappings") or ()
    )


def _grants_autoscaling(allowed: tuple[str, Mapping[str, Any]]) -> bool:
    """EC2 Auto Scaling user guide, "Required KMS key policy for use with encrypted volumes"."""
    action, statement = allowed
    if action not in ("kms:CreateGrant", "kms:*"):
        return False
    through = str(statement.get("Condition"))
    by_service = "kms:ViaService" in through or _AUTOSCALING in through
    return any(_AUTOSCALING in one or (one == "*" and by_service) for one in iam.principals(statement, "AWS"))


def _bucket(stack: Declared, bucket: Resource) -> Iterator[Finding]:
    for kind, wanted in _BESIDE_BUCKET.items():
        beside = [one for one in stack.of(kind) if stack.names(one["inputs"].get("bucket"), bucket, "bucket")]
        if not beside:
            yield finding(bucket, "", f"no {kind.rpartition(':')[2]} stands beside it")
        for one in beside:
            for key, value in wanted.items():
                if one["inputs"].get(key) != value:
                    yield finding(one, key, f"is {value}")


def _event_rule(stack: Declared, rule: Resource) -> Iterator[Finding]:
    inputs = rule["inputs"]
    if bool(inputs.get("eventPattern")) == bool(inputs.get("scheduleExpression")):
        yield finding(rule, "eventPattern", "has a pattern or a schedule")
    if inputs.get("eventPattern"):
        pattern = json_text(inputs["eventPattern"])
        if not isinstance(pattern, dict) or not all(isinstance(one, list | dict) for one in pattern.values()):
            yield finding(rule, "eventPattern", "is no JSON object of lists")
            return
        sources, kinds = pattern.get("source", []), pattern.get("detail-type", [])
        known = [kind for source in sources for kind in _EVENTS.get(source, ())]
        if not sources or not kinds or [one for one in kinds if one not in known]:
            yield finding(rule, "eventPattern", f"{sources} sends no events {kinds}")
    if not any(stack.names(one["inputs"].get("rule"), rule) for one in stack.of(EVENT_TARGET)):
        yield finding(rule, "", "nothing is told")


def _event_target(stack: Declared, target: Resource) -> Iterator[Finding]:
    """The queue that is told lets EventBridge send to it; the rule that tells is declared."""
    if not any(stack.names(target["inputs"].get("rule"), rule) for rule in stack.of(EVENT_RULE)):
        yield finding(target, "rule", f"there is no rule {target['inputs'].get('rule')!r}")
    queue = stack.follow(target["inputs"].get("arn"))
    if queue is None or queue["type"] != QUEUE:
        return
    for policy in stack.of("aws:sqs/queuePolicy:QueuePolicy"):
        if stack.follow(policy["inputs"].get("queueUrl")) is queue:
            for action, one in _allowed(json_text(policy["inputs"].get("policy"))):
                services = iam.principals(one, "Service")
                own = [stack.follow(arn) is queue for arn in iam.several(one.get("Resource"))]
                if action.lower() == "sqs:sendmessage" and "events.amazonaws.com" in services and any(own):
                    return
    yield finding(target, "arn", f"the policy of {queue['name']} does not let EventBridge send")
