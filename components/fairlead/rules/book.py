"""Every rule there is, by family. A new family is a module with `RULES`, and a line here."""

from __future__ import annotations

from collections.abc import Mapping

from fairlead.rules import kubernetes_pods
from fairlead.rules.model import AnyRule

RULES: tuple[AnyRule, ...] = (*kubernetes_pods.RULES,)
BY_ID: Mapping[str, AnyRule] = {rule.id: rule for rule in RULES}
