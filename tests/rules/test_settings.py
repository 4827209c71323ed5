"""How rules ask for one value: what counts as left out, as not known yet, as all addresses there are."""

from __future__ import annotations

from typing import Any

import pytest

from fairlead.rules.azure_links import is_logged, speaks_of
from fairlead.rules.model import Subject, Whole
from fairlead.rules.settings import Ask, holds, is_known, is_on, is_world, listed, refers, sets

THING = "test:index:Thing"
LOUD = Ask("a.b", (True,), "is quiet")
OPEN = Ask("c", ("Closed", "Shut"), "is open", default="closed")


def thing(name: str = "x", **inputs: Any) -> Subject:
    return Subject(THING, name, inputs)


def said(*asks: Ask, **inputs: Any) -> list[tuple[str, str, str]]:
    return [(one.path, one.given, one.allowed) for one in holds(*asks)(thing(**inputs))]


def test_a_value_is_as_asked_for_or_told() -> None:
    assert said(LOUD, a={"b": True}) == said(LOUD, a={"b": "true"}) == []
    assert said(LOUD, a={"b": False}) == [("a.b", "false", "true")]
    assert said(LOUD) == said(LOUD, a={}) == said(LOUD, a=None) == [("a.b", "left out", "true")]


def test_what_is_left_out_is_what_the_cloud_makes_of_it() -> None:
    assert said(OPEN) == said(OPEN, c="SHUT") == []
    assert said(OPEN, c="Open") == [("c", "Open", "Closed or Shut")]


@pytest.mark.parametrize("value", ["${unknown}", "${test:index:Thing::y.id}"])
def test_what_is_not_known_yet_breaks_nothing_wherever_it_stands(value: str) -> None:
    assert said(LOUD, a={"b": value}) == said(LOUD, a=value) == []
    assert not is_known({"deep": [{"down": value}]})
    assert sets(LOUD)(thing(a=value)) == {"a": value}


def test_a_remedy_sets_what_is_not_as_asked_for_and_nothing_else() -> None:
    before = thing(a={"b": False, "d": 1}, c="Shut")
    assert sets(LOUD, OPEN)(before) == {"a": {"b": True, "d": 1}, "c": "Shut"}
    assert before.inputs == {"a": {"b": False, "d": 1}, "c": "Shut"}
    assert sets(LOUD)(thing()) == {"a": {"b": True}}
    assert sets(LOUD)(thing(a=[1])) is None


@pytest.mark.parametrize(
    ("address", "all_of_it"),
    [
        ("0.0.0.0/0", True),
        ("::/0", True),
        ("128.0.0.0/1", True),
        ("*", True),
        ("Internet", True),
        ("10.0.0.0/8", False),
        ("0.0.0.0", False),
        ("VirtualNetwork", False),
        ("${unknown}", False),
        (None, False),
    ],
)
def test_all_addresses_are_told_from_some(address: Any, all_of_it: bool) -> None:
    assert is_world(address) == all_of_it


def test_a_reference_is_to_one_resource_by_its_whole_name() -> None:
    assert refers("a ${test:index:Thing::x.id} b", thing())
    assert not refers("${test:index:Thing::xy.id}", thing())
    assert not refers("${test:index:Other::x.id}", thing())
    assert not refers(None, thing())


def test_a_list_that_is_none_yet_has_nothing_in_it() -> None:
    assert [listed([1]), listed("${unknown}"), listed(None)] == [[1], (), ()]
    assert [is_on(True), is_on("True"), is_on(None), is_on("no")] == [True, True, False, False]


@pytest.mark.parametrize(
    ("value", "means"),
    [
        ("v", True),
        ("V", True),
        ("/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/VAULTS/v", True),
        ("${azure-native:keyvault:Vault::made.id}", True),
        ("/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/w", False),
        ("/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/disks/v", False),
        (None, False),
    ],
)
def test_azure_speaks_of_a_resource_by_reference_name_or_id(value: Any, means: bool) -> None:
    vault = Subject("azure-native:keyvault:Vault", "made", {"vaultName": "v"})
    assert speaks_of(value, vault, "vaults:vaultName") == means


def test_a_setting_that_does_not_say_whose_it_is_may_be_anybodys() -> None:
    vault = Subject("azure-native:keyvault:Vault", "made", {"vaultName": "v"})
    kind = "azure-native:monitor:DiagnosticSetting"

    def logged(**inputs: Any) -> bool:
        return is_logged(
            Whole((vault, Subject(kind, "s", inputs))), vault, "vaults:vaultName", ("AuditEvent",)
        )

    assert logged(resourceUri="${unknown}", logs=[])
    assert logged(resourceUri="v", logs="${unknown}")
    assert logged(resourceUri="v", logs=[{"categoryGroup": "allLogs", "enabled": True}])
    assert not logged(resourceUri="v", logs=[{"categoryGroup": "allLogs", "enabled": False}])
    assert not logged(resourceUri="other", logs=[{"category": "AuditEvent", "enabled": True}])
