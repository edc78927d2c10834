"""The command `pairs doctor`: what is wrong with a reader's pairs, and mending it."""

import asyncio
from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING

import click

from engine.domain import TRACKS, PreferencePair, Track
from engine.pairs.doctor.finding import KINDS, Finding
from studio.shell.base import Command, give, shared, tell
from studio.shell.events import read_to_end
from studio.shell.pair_lines import pair_lines
from studio.text import count

if TYPE_CHECKING:
    # Imported for its name alone: it leads to numpy, and `--help` must not wait for that.
    from engine.pair_mending import MendReport
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
    from engine import desk, pair_doctor, pair_mending

    data_dir = shared().data_dir
    reader_id = desk.reader_id_of(data_dir, reader)
    ruler = pair_doctor.Ruler(base, max_length or pair_doctor.Ruler().max_length)
    kinds = pair_mending.kinds_of(mend)
    if not no_tokens:
        asyncio.run(read_to_end(pair_doctor.count_tokens(data_dir, reader_id, ruler)))
    report = pair_mending.mend(data_dir, reader_id, kinds, ruler) if kinds else None
    found = pair_doctor.examine(data_dir, reader_id, ruler)
    if report:
        for line in _mended_lines(report, mend, found.findings):
            tell(line)
    lines = [f"{count(len(found.pairs), 'pair')} looked through: {_summary(found.findings)}."]
    if found.uncounted:
        lines.append(
            f"  The tokens of {count(found.uncounted, 'pair')} are not counted for {found.base}: "
            "which are too long is not known."
        )
    lines += [line for finding in found.findings for line in _finding_lines(finding)]
    if shown:
        lines += _cases_lines(found.findings, found.pairs, shown)
    if with_grid:
        lines += _grid_lines(found.grid, found.by_track)
    told, moved = (report.told, report.moved) if report else ({}, 0)
    give({**found.as_json(), "mended": told, "moved": moved}, lines)
    if strict and any(finding.severity != "note" for finding in found.findings):
        ctx.exit(1)


def _mended_lines(
    report: "MendReport", names: Collection[str], findings: tuple[Finding, ...]
) -> Iterator[str]:
    yield from (f"{kind}: {did}" for kind, did in report.told.items())
    if report.aside:
        yield report.aside
    if not report.told and not report.aside:
        yield "There was nothing to mend."
    for finding in findings:
        if finding.left_because and {finding.kind, "all"} & {*names}:
            by_name = f"; --mend {finding.kind} does it all the same" if finding.remedy else ""
            yield f"{finding.title}: {finding.left_because}{by_name}."


def _summary(findings: tuple[Finding, ...]) -> str:
    if not findings:
        return "nothing is wrong"
    stops = sum(finding.severity == "stop" for finding in findings)
    return f"{count(len(findings), 'finding')}, {stops} of them to mend before training"


def _finding_lines(finding: Finding) -> Iterator[str]:
    yield f"{finding.severity}: {finding.title} [{finding.kind}]. {finding.told}"
    if finding.remedy:
        alone = "" if finding.safe else f", and is asked for by name: --mend {finding.kind}"
        yield f"      Mending would {finding.remedy}{alone}."


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


def _grid_lines(grid: "tuple[Row, ...]", by_track: Mapping[Track, int]) -> Iterator[str]:
    from engine import desk
    from engine.pairs.doctor.coverage import SEVERAL_ROWS

    names = desk.trait_names()
    yield ""
    once = ", ".join(f"{track} {by_track.get(track, 0):,}" for track in TRACKS)
    yield f"All pairs, each once: {once}. {SEVERAL_ROWS}"
    for row in grid:
        cells = (
            f"{track} {'none, a hole' if track in row.holes else number}"
            for track, number in row.pairs.items()
        )
        known = "" if row.is_known else ", unknown"
        yield f"{names.get(row.trait_id, row.trait_id)} [{row.trait_id}]{known}: {', '.join(cells)}"
