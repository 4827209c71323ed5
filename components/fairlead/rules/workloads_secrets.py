"""Rules about passwords, tokens and keys: where they must not stand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from fairlead.catalog.passwords import default_passwords
from fairlead.rules import kubernetes_sources as sources
from fairlead.rules.kubernetes_admission import every_box, of_pods, unless
from fairlead.rules.model import Data, Flaw, ResourceRule, Subject
from fairlead.rules.pods import ANY, boxes, entries, part
from fairlead.rules.unseen import SECRET

NAMED = (
    r"(?i)(^|[_.-])(password|passwd|passphrase|token|secret|api[_-]?key|access[_-]?key|secret[_-]?key"
    r"|private[_-]?key|credentials?)$"
)
"""Names of what is kept secret, by their ends: a file's or an object's name has another."""
HARMLESS = r"^(|true|false|[0-9]+|/.*|.*[$][({].*)$"
"""Values that are none: empty, a switch, a number, a path, a reference to another variable."""
KEY = "PRIVATE KEY-----"
TEXTS = ("data", "stringData")


def _is_named(name: object) -> bool:
    return isinstance(name, str) and re.search(NAMED, name) is not None


def _is_open(value: object) -> bool:
    """Whether it is a text that stands for itself."""
    return isinstance(value, str) and value != SECRET and re.match(HARMLESS, value) is None


def _variables(subject: Subject) -> Iterator[tuple[str, Data]]:
    """(path, variable) of every container, with a name like a secret's and a value of its own."""
    for path, one in boxes(subject):
        for place, each in enumerate(entries(one.get("env"))):
            if _is_named(each.get("name")) and _is_open(each.get("value")):
                yield f"{path}.env[{place}].value", each


def _literal(subject: Subject) -> Iterator[Flaw]:
    for path, one in _variables(subject):
        if one["value"] not in default_passwords():
            what = f"{one['name']} stands in the object: whoever may look at it has it"
            yield Flaw(path, what, "a text", "valueFrom.secretKeyRef", "keep it in a Secret")


def _default(subject: Subject) -> Iterator[Flaw]:
    known = default_passwords()
    fix = "make one by chance and keep it in a Secret"
    for path, one in _variables(subject):
        if one["value"] in known:
            what = f"{one['name']} is what everybody tries first"
            yield Flaw(path, what, str(one["value"]), "a password of its own", fix)
    if subject.kind in ("Secret", "ConfigMap"):
        for path, key, value in _texts(subject):
            if _is_named(key) and value in known:
                yield Flaw(path, f"{key} is what everybody tries first", value, "a password of its own", fix)


def _texts(subject: Subject) -> Iterator[tuple[str, str, str]]:
    """(path, key, text) of everything that a Secret or a ConfigMap shows."""
    for where in TEXTS if subject.kind == "Secret" else TEXTS[:1]:
        found: Mapping[str, object] = part(subject.inputs, where)
        for key, value in found.items():
            if _is_open(value):
                yield f"{where}.{key}", key, str(value)


def _in_config(subject: Subject) -> Iterator[Flaw]:
    for path, key, value in _texts(subject):
        if KEY in value or (_is_named(key) and value not in default_passwords()):
            what = "everybody in the namespace may read a ConfigMap, and it is in no log who did"
            yield Flaw(path, what, key, "in a Secret", "keep it in a Secret")


def _shown(subject: Subject) -> Iterator[Flaw]:
    for path, key, value in _texts(subject):
        if not (_is_named(key) and value in default_passwords()):
            what = "it stands in the program, and in the state of the stack, for all to read"
            fix = "mark it as a secret: pulumi config set --secret, or Output.secret"
            yield Flaw(path, what, "a text", "a secret of the engine", fix)


_NAMED = f"e.name.matches(r'{NAMED}') && has(e.value) && !e.value.matches(r'{HARMLESS}')"


def _variable(condition: str) -> str:
    return every_box(unless("c.env", f"c.env.all(e, !({_NAMED}) || {condition})"))


RULES = (
    ResourceRule(
        id="workload-no-default-password",
        title="No password is one that programs come with",
        reason="They are in every list of passwords: whoever reaches the port is in.",
        level="mandatory",
        references=(sources.ACCESS,),
        types=ANY,
        check=_default,
        admission=of_pods(
            _variable(f"!(e.value in {list(default_passwords())})"),
            "a password is one that programs come with: make one by chance and keep it in a Secret",
        ),
    ),
    ResourceRule(
        id="workload-no-literal-secret",
        title="Passwords, tokens and keys stand in Secrets, not in pods",
        reason="Whoever may look at a pod, or at what made it, reads its variables; they are in logs and backups too.",
        level="advisory",
        references=sources.SECRET_FILES,
        types=ANY,
        check=_literal,
        admission=of_pods(
            _variable(f"e.value in {list(default_passwords())}"),
            "a variable that is named like a password, a token or a key has its value here: keep it in a Secret",
        ),
    ),
    ResourceRule(
        id="kubernetes-no-secret-in-config",
        title="No ConfigMap holds a password, a token or a key",
        reason="Rights to read ConfigMaps are given to everybody, and their contents are written into logs and diffs.",
        level="mandatory",
        references=(sources.NETWORK,),
        types=("kubernetes:core/v1:ConfigMap",),
        check=_in_config,
    ),
    ResourceRule(
        id="kubernetes-secret-hidden",
        title="What a Secret holds is a secret of the engine too",
        reason="Otherwise it is in the state file, in previews and in the logs of the pipeline that has shown them.",
        level="mandatory",
        references=(sources.NETWORK,),
        types=("kubernetes:core/v1:Secret",),
        check=_shown,
    ),
)
