"""Commands about the bank of scenes, questions and books that pairs are made from."""

from collections.abc import Sequence

import click

from engine.bank_check.measure import Measure
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
    holds = all(measure.holds for measure in measures)
    give(
        {"holds": holds, "measures": [measure.as_json() for measure in measures]},
        measure_lines(measures),
    )
    ctx.exit(0 if holds else 1)


def measure_lines(measures: Sequence[Measure]) -> list[str]:
    """Each measure for people, a missed one with the entries to look at first."""
    lines = []
    for measure in measures:
        lines.append(f"{'holds ' if measure.holds else 'MISSED'}  {measure.told}")
        lines += [f"  {entry}" for entry in measure.worst[:5] if not measure.holds]
    missed = sum(not measure.holds for measure in measures)
    told = f"{missed} of {len(measures)} bars missed." if missed else "Every bar holds."
    return [*lines, told]


for command in bank_extend.COMMANDS:
    bank.add_command(command)
