"""What an experiment may not ask for: its trials would run past the queue, or with rights of the controller.

The controller makes whatever an experiment's template says, of any kind that it may make. What becomes of the template
is looked at again in the trial, for values of parameters are put into its text: there stands what will be sent. Kueue
0.19.2 holds back a trial's job that names no queue, for it knows no owner of this kind; but nobody would learn of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fairlead import labels
from fairlead.contract.chart import Object
from fairlead.layers.katib.config import TRIALS
from fairlead.layers.katib.place import ENABLED, GROUP, INJECTION
from fairlead.layers.objects import TENANTS, refusal, sent

EXPERIMENTS, TRIED = "fairlead-katib-experiments", "fairlead-katib-trials"
_PODS = "?spec.?template.?metadata.?labels.orValue({})"
_PATCHED = "?trainingRuntimeSpec.?template.?spec.?replicatedJobs.orValue([])"


def objects() -> list[Object]:
    """The policies and where they hold."""
    return [
        *_refused(
            EXPERIMENTS,
            "experiments",
            "object.?spec.?trialTemplate.?trialSpec.orValue({})",
            [*_template(), *_job(), _no_container("metricsCollectorSpec"), _own_trials(), _no_volume()],
        ),
        *_refused(
            TRIED,
            "trials",
            "object.?spec.?runSpec.orValue({})",
            [*_job(), _no_container("metricsCollector"), _own_trials()],
        ),
    ]


def _template() -> list[Mapping[str, str]]:
    """The controller reads ConfigMaps of every namespace: it would show a tenant what lies in another's."""
    said = "trialTemplate.configMap is not offered: write the job into trialTemplate.trialSpec"
    return [_rule("!has(object.spec.trialTemplate) || !has(object.spec.trialTemplate.configMap)", said)]


def _job() -> list[Mapping[str, str]]:
    """What every trial is: a job of its own tenant's queue, owned by nobody else."""
    known = " || ".join(
        f"(variables.job.?kind.orValue('') == '{kind}' && variables.job.?apiVersion.orValue('') == '{api}')"
        for kind, api in TRIALS.items()
    )
    allowed = " or ".join(f"{kind} of {api}" for kind, api in TRIALS.items())
    queues = ", ".join(f"'{stage}'" for stage in labels.STAGES)
    queue = f"variables.job.?metadata.?labels.orValue({{}})[?'{labels.QUEUE}'].orValue('')"
    return [
        _rule(
            known,
            f"a trial is a {allowed}: other kinds wait in no queue, or are not the controller's to make",
        ),
        _rule(
            f"{queue} in [{queues}]",
            f"a trial waits in a queue of its own tenant: add the label {labels.QUEUE} to the metadata of the job,"
            f" with one of {', '.join(labels.STAGES)}",
        ),
        _rule(
            "!has(variables.job.metadata) || !has(variables.job.metadata.ownerReferences)",
            "the trial owns its job: leave ownerReferences out",
        ),
        _rule(
            _marked(),
            f"add the label {INJECTION}: {ENABLED} to the pods of the job: by it their metrics are read. In a Job it"
            " stands in spec.template.metadata.labels, in a TrainJob in a runtimePatch of its replicated job",
        ),
    ]


def _marked() -> str:
    """Whether the job's pods have the label by which Katib's webhook is asked for them."""
    has = f"[?'{INJECTION}'].orValue('') == '{ENABLED}'"
    patches = "variables.job.?spec.?runtimePatches.orValue([])"
    patched = f"{patches}.exists(p, p.{_PATCHED}.exists(j, j.?template.{_PODS}{has}))"
    return f"variables.job.?kind.orValue('') == 'TrainJob' ? {patched} : variables.job.{_PODS}{has}"


def _no_container(collector: str) -> Mapping[str, str]:
    said = "customCollector is not offered: no queue has admitted what such a container takes"
    return _rule(f"!object.?spec.?{collector}.?collector.?customCollector.hasValue()", said)


def _own_trials() -> Mapping[str, str]:
    """Katib shows a suggestion service all trials of an experiment by labels alone, whatever their namespace."""
    tenant = f"[?'{labels.TENANT}'].orValue('')"
    said = (
        f"add the label {labels.TENANT} with the name of the tenant to the experiment: by it its trials are told apart"
        " from those of an experiment of the same name in another tenant"
    )
    same = (
        f"object.metadata.?labels.orValue({{}}){tenant} == namespaceObject.metadata.labels['{labels.TENANT}']"
    )
    return _rule(same, said)


def _no_volume() -> Mapping[str, str]:
    said = (
        "resumePolicy FromVolume is not offered: no algorithm keeps anything on a volume; LongRunning goes on"
    )
    return _rule("object.?spec.?resumePolicy.orValue('') != 'FromVolume'", said)


def _rule(expression: str, message: str) -> Mapping[str, str]:
    return {"expression": expression, "message": message}


def _refused(name: str, kinds: str, job: str, validations: Sequence[Mapping[str, str]]) -> list[Object]:
    more = {"variables": [{"name": "job", "expression": job}]}
    return refusal(name, [sent(GROUP, [kinds])], validations, TENANTS, more)
