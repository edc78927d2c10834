"""Commands about the bank of scenes, questions and books that pairs are made from."""

import click

from studio.shell import bank_extend
from studio.shell.base import Group, give


@click.group("bank", cls=Group)
def bank() -> None:
    """The scenes, questions and books that pairs are made from."""


@bank.command("check")
@click.pass_context
def check(ctx: click.Context) -> None:
    """Measure the bank: complete, balanced, learnable, and no side given away.

    Exit code 1 where a bar is missed.
    """
    from engine.bank_check.child import checked_in_a_child

    measures = checked_in_a_child()
    missed = [measure for measure in measures if not measure.holds]
    lines = [f"{'holds' if measure.holds else 'MISSED'}  {measure.told}" for measure in measures]
    for measure in missed:
        lines += [f"  {entry}" for entry in measure.worst[:5]]
    told = "Every bar holds." if not missed else f"{len(missed)} of {len(measures)} bars missed."
    give(
        {"holds": not missed, "measures": [measure.as_json() for measure in measures]},
        [*lines, told],
    )
    ctx.exit(1 if missed else 0)


for command in bank_extend.COMMANDS:
    bank.add_command(command)
