"""The command `pairs doctor`: what is wrong with a reader's pairs, and mending it."""

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from engine.domain import PreferencePair
from engine.pairs.doctor.finding import KINDS, Finding
from studio.shell.base import Command, give, shared, tell
from studio.shell.events import read_to_end
from studio.shell.pair_lines import pair_lines
from studio.text import count

if TYPE_CHECKING:
    # Imported for its name alone: it leads to numpy, and `--help` must not wait for that.
    from engine.pairs.doctor.coverage import Row


@click.command("doctor", cls=Command)
@click.argument("reader")
@click.option("--mend", "mend", multiple=True, metavar="KIND", help="Mend this finding, or `all`.")
@click.option("--show", "shown", type=click.Choice(KINDS), help="List the pairs of a finding.")
@click.option("--coverage", "with_grid", is_flag=True, help="Print the grid of traits and tracks.")
@click.option("--base", default="embedded", show_default=True, help="Whose tokens are counted.")
@click.option("--max-length", type=click.IntRange(min=1), help="Tokens that a pair may have.")
@click.option("--no-tokens", is_flag=True, help="Count no tokens: of lengths, only what is known.")
@click.option("--strict", is_flag=True, help="Exit with 1 if anything but a note is left.")
@click.pass_context
def doctor(
    ctx: click.Context,
    reader: str,
    mend: tuple[str, ...],
    shown: str | None,
    with_grid: bool,
    base: str,
    max_length: int | None,
    no_tokens: bool,
    strict: bool,
) -> None:
    """Look a reader's pairs through before training.

    KIND is the name in brackets behind a finding. `--mend all` mends what can be mended without
    thinning out the pairs: not the length shortcut and not giveaway words. A mending is one change:
    `undo` takes it back.
    """
    from engine import desk, pair_doctor

    data_dir = shared().data_dir
    reader_id = desk.reader_id_of(data_dir, reader)
    ruler = pair_doctor.Ruler(base, max_length or pair_doctor.Ruler().max_length)
    kinds = pair_doctor.kinds_of(mend)
    if not no_tokens:
        asyncio.run(read_to_end(pair_doctor.count_tokens(data_dir, reader_id, ruler)))
    mended = pair_doctor.mend(data_dir, reader_id, kinds, ruler).told if kinds else {}
    found = pair_doctor.examine(data_dir, reader_id, ruler)
    for kind, did in mended.items():
        tell(f"{kind}: {did}")
    if kinds and not mended:
        tell("There was nothing to mend.")
    lines = [f"{count(len(found.pairs), 'pair')} looked through: {_summary(found.findings)}."]
    if found.uncounted:
        lines.append(
            f"  {count(found.uncounted, 'pair')} not counted in tokens for {found.base}: "
            "nothing is said of what is too long."
        )
    lines += [line for finding in found.findings for line in _finding_lines(finding)]
    if shown:
        lines += _cases_lines(found.findings, found.pairs, shown)
    if with_grid:
        lines += _grid_lines(found.grid)
    give({**found.as_json(), "mended": mended}, lines)
    if strict and any(finding.severity != "note" for finding in found.findings):
        ctx.exit(1)


def _summary(findings: tuple[Finding, ...]) -> str:
    if not findings:
        return "nothing is wrong"
    stops = sum(finding.severity == "stop" for finding in findings)
    return f"{count(len(findings), 'finding')}, {stops} of them to mend before training"


def _finding_lines(finding: Finding) -> Iterator[str]:
    yield f"{finding.severity}: {finding.title} [{finding.kind}]. {finding.told}"
    if finding.remedy:
        alone = "" if finding.safe else ", only when asked for by name"
        yield f"      Mending {finding.remedy}{alone}."


def _cases_lines(
    findings: tuple[Finding, ...], pairs: tuple[PreferencePair, ...], kind: str
) -> Iterator[str]:
    from engine import desk

    by_id = {pair.id: pair for pair in pairs}
    names = desk.trait_names()
    cases = [case for finding in findings if finding.kind == kind for case in finding.cases]
    yield ""
    yield f"{kind}: {count(len(cases), 'pair')}, the worst first."
    for case in cases:
        first, *others = pair_lines(by_id[case.pair_id], names, 160)
        yield f"{first}: {case.why}"
        yield from others


def _grid_lines(grid: "tuple[Row, ...]") -> Iterator[str]:
    from engine import desk

    names = desk.trait_names()
    yield ""
    for row in grid:
        cells = (
            f"{track} {'none, a hole' if track in row.holes else number}"
            for track, number in row.pairs.items()
        )
        known = "" if row.is_known else ", unknown"
        yield f"{names.get(row.trait_id, row.trait_id)} [{row.trait_id}]{known}: {', '.join(cells)}"
