"""Commands about the rules: what there are, and one of them in full."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from fairlead.cli.options import Output, OutputOption, bad_option


def add(app: typer.Typer) -> None:
    """Adds the commands of this group."""
    policies = typer.Typer(help="The rules that resources, plans and changes keep.", rich_markup_mode=None)
    policies.callback(invoke_without_command=True)(listed)
    policies.command()(show)
    app.add_typer(policies, name="policies")


def listed(
    context: typer.Context,
    family: Annotated[
        str | None, typer.Option("--family", help="Only rules whose name begins with this word: aws, plan …")
    ] = None,
    output: OutputOption = Output.text,
) -> None:
    """List the rules that resources, plans and changes keep, with the level at which each stands."""
    if context.invoked_subcommand is not None:
        return
    from fairlead.errors import one_of
    from fairlead.rules.book import RULES
    from fairlead.rules.explain import families, rows, to_dict
    from fairlead.spec.table import table

    known = families()
    if family is not None and family not in known:
        raise bad_option("--family", "no such family", family, one_of(known, family))
    found = [one for one in RULES if family in (None, one.id.partition("-")[0])]
    if output is Output.json:
        typer.echo(json.dumps([to_dict(one) for one in found], indent=2, ensure_ascii=False))
        return
    typer.echo("\n".join(table(("rule", "level", "what holds"), rows(found), indent="")))


def show(
    rule: Annotated[str, typer.Argument(help="Name of the rule, as `fairlead policies` lists it.")],
    output: OutputOption = Output.text,
) -> None:
    """Print one rule: what it prevents, who asks for it, what breaks and what keeps it, how to except it."""
    from fairlead.rules.book import BY_ID
    from fairlead.rules.explain import to_dict, to_text
    from fairlead.rules.show import rules_like

    if rule not in BY_ID:
        raise bad_option("RULE", "no such rule", rule, rules_like(rule), "`fairlead policies` lists them")
    found = BY_ID[rule]
    if output is Output.json:
        typer.echo(json.dumps(to_dict(found), indent=2, ensure_ascii=False))
        return
    typer.echo(to_text(found), nl=False)
