"""The report of a tailoring laid out: one page of HTML that loads nothing, and Markdown."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.judge.questions import PAIRWISE
from engine.tailoring.contests import Contestant, ContestFigures
from engine.tailoring.margins import BASE, ArmFigures, Mean, Ratio
from engine.tailoring.probe import NOBODY
from engine.tailoring.report import Published, TailoringReport, published
from engine.votes.counting import WinRate
from models.errors import BadInput
from studio.sheets.page import html_page, html_text, markdown_line
from studio.text import count

CONDITIONS = {
    "right": "its own persona",
    "opposed": "the opposed one",
    "none": "none",
    "retrieved": "the nearest prompt's",
    "fixed": "the fixed one",
}
WHOSE = {"both": "all", "chosen": "chosen", "rejected": "rejected"}
FEWEST_CASES = 20
"""Under twenty the interval of a share is more than 40 points wide."""


@dataclass(frozen=True)
class Section:
    """A part of the report: sentences, and a table if it has one."""

    title: str
    says: tuple[str, ...]
    header: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


def as_html(report: TailoringReport) -> str:
    """The page; it loads nothing."""
    title = _title(report)
    body = [f"<h1>{html_text(title)}</h1>"]
    for section in sections(report):
        body.append(f"<h2>{html_text(section.title)}</h2>")
        body += (f"<p>{html_text(line)}</p>" for line in section.says)
        if section.rows:
            body.append("<table>")
            cells = "".join(f"<th>{html_text(cell)}</th>" for cell in section.header)
            body.append(f"<tr>{cells}</tr>")
            for row in section.rows:
                body.append(f"<tr>{''.join(f'<td>{html_text(cell)}</td>' for cell in row)}</tr>")
            body.append("</table>")
    return html_page(title, "\n".join(body))


def as_markdown(report: TailoringReport) -> str:
    """The same as Markdown, for a repository or a mail."""
    parts = [f"# {markdown_line(_title(report))}"]
    for section in sections(report):
        parts.append(f"## {markdown_line(section.title)}")
        parts += (markdown_line(line) for line in section.says)
        if section.rows:
            rows = (section.header, ("---",) * len(section.header), *section.rows)
            lines = []
            for number, row in enumerate(rows):
                cells = row if number == 1 else tuple(map(markdown_line, row))
                lines.append(f"| {' | '.join(cells)} |")
            parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def laid_out_for(report: TailoringReport, path: Path) -> str:
    """The report as the end of a file's name has it, .html or .md.

    Raises:
        BadInput: the name ends otherwise.
    """
    layouts = {".html": as_html, ".md": as_markdown}
    layout = layouts.get(path.suffix.lower())
    if layout is None:
        raise BadInput(
            f"{path.name!r} does not say what report it is to be.", "End it in .html or .md."
        )
    return layout(report)


def sections(report: TailoringReport) -> Iterator[Section]:
    """All parts that there is something to tell of, in the order in which they count."""
    yield _what(report)
    yield _margins(report)
    if report.judgements:
        yield from _judged(report)
    if report.words:
        yield _words(report)
    yield _safety(report)
    yield _paper(report, published())


def margin_lines(report: TailoringReport) -> Iterator[str]:
    """What held-out pairs say of each arm, on a line each."""
    for one in report.margins:
        if one.whose == "both":
            yield f"{one.arm}: {_reads(one)}"


def _title(report: TailoringReport) -> str:
    return f"Tailoring on {report.dataset_id}"


def _what(report: TailoringReport) -> Section:
    some = "" if report.cases == report.held_out else f" of {report.held_out:,} that there are"
    says = [
        f"{report.made_on}, evaluation {report.evaluation_id}: "
        f"{count(report.cases, 'held-out pair')}{some}, each with a persona that would prefer its "
        f"chosen answer and one that would prefer its rejected one. Base: {report.base}. No prompt "
        "of them was trained on."
    ]
    if report.unchecked:
        says.append(
            "Personas that nobody checked were taken too: some may not fit the answer they are "
            "taken for, and figures are lower for that."
        )
    if report.fixed:
        says.append(f"The fixed persona, the same for every prompt: {report.fixed}")
    if report.cases < FEWEST_CASES:
        says.append(
            f"{count(report.cases, 'pair')} are too few for a verdict: {FEWEST_CASES} is the "
            "least. Read the intervals."
        )
    says += (
        f"{arm} could not read {count(len(ids), 'pair')} within its context; they are left out "
        f"there: {', '.join(ids)}."
        for arm, ids in report.too_long.items()
    )
    rows = tuple((arm.name, arm.told) for arm in report.arms)
    return Section("What was evaluated", tuple(says), ("arm", "what it is"), rows)


def _margins(report: TailoringReport) -> Section:
    says = (
        "No judge is asked here. Gained: pairs whose answer, as this person wants it, is likelier "
        "against the other than the base without a persona has it. Turned: pairs that lean more "
        "to the answer of the person who asks than under the opposed persona. A model that reads "
        "no persona gains as often under the opposed one, and turns half of the pairs. Shares "
        "with their 95 % intervals, prompts counted as the independent cases; nats are the change "
        "of the log-probability ratio.",
        *(f"{one.arm}: {_reads(one)}" for one in report.margins if one.whose == "both"),
    )
    rows = [
        (
            one.arm,
            WHOSE[one.whose],
            CONDITIONS[under.condition],
            _share(under.preferred),
            *(
                ("-", "-")  # it is what the others are held against
                if one.arm == BASE and under.condition == "none"
                else (_share(under.gained), _mean(under.margin, "+.2f"))
            ),
            (_share(one.turned) if under.condition == "right" and one.turned else ""),
        )
        for one in report.margins
        for under in one.under
    ]
    header = ("arm", "personas", "prompt has", "preferred", "gained", "nats gained", "turned")
    return Section("By the log-probabilities of held-out pairs", says, header, tuple(rows))


def _reads(one: ArmFigures) -> str:
    """Whether an arm reads personas, in a sentence."""
    right, opposed = one.condition("right"), one.condition("opposed")
    if one.turned is None or right is None or opposed is None:
        return "no pair has both personas."
    if one.turned.low > 0.5:
        told = "it reads personas"
    elif one.turned.high < 0.5:
        told = "it reads personas the wrong way round"
    else:
        told = "that it reads personas is not shown"
    return (
        f"{told}: {_share(one.turned)} of the pairs turn with the persona, and the answer gains "
        f"in {_share(right.gained)} under its own persona, in {_share(opposed.gained)} under the "
        "opposed one."
    )


def _judged(report: TailoringReport) -> Iterator[Section]:
    for judgement in report.judgements:
        says = [
            "Two answers at a time, in both orders; where the orders contradict each other it is "
            "a tie, and ties are left out of the shares. Quality is judged with the persona "
            "hidden. ΔPQ = W(personalisation) + W(quality) - 1: above 0 the first is better on "
            "both together; intervals by drawing prompts again and again.",
        ]
        if judgement.warning:
            says.append(judgement.warning)
        rows = tuple(_contest_row(one) for one in judgement.contests)
        header = (
            "contest",
            "personas",
            "cases",
            "quality",
            "personalisation",
            "ΔPQ",
            "first taken",
        )
        yield Section(f"Judged by {judgement.judge}", tuple(says), header, rows)


def _contest_row(one: ContestFigures) -> tuple[str, ...]:
    delta = "-"
    if one.delta_pq is not None and one.low is not None and one.high is not None:
        delta = f"{one.delta_pq:+.2f} ({one.low:+.2f} to {one.high:+.2f})"
    contest = f"{_contestant(one.contest.one)} over {_contestant(one.contest.other)}"
    first = "-" if one.first_share is None else f"{one.first_share:.0%}"
    rates = (_rate(one.aspects[aspect]) for aspect in PAIRWISE)
    return (contest, WHOSE[one.whose], f"{one.cases:,}", *rates, delta, first)


def _contestant(one: Contestant) -> str:
    return f"{one.arm} with {'personas' if one.persona == 'own' else 'none'}"


def _rate(rate: WinRate) -> str:
    if rate.share is None:
        return f"{rate.ties} ties"
    told = f"{rate.share:.0%} ({100 * rate.low:.0f} to {100 * rate.high:.0f})"
    return f"{told}, {rate.wins}:{rate.losses}, {rate.ties} ties"


def _words(report: TailoringReport) -> Section:
    shared = {one.arm: one for one in report.sensitivity}
    says = [
        "Loops: answers in which eight words in a row come three times. Echo: of the persona's "
        "words of six letters or more, those that the answer takes up. Shared: of all words in "
        "the answers to two opposed personas, those that are in both; the fewer, the more the "
        "persona changes.",
    ]
    says += (f"{arm}: shared {_mean(one.jaccard, '.2f')}." for arm, one in shared.items())
    rows = tuple(
        (
            one.arm,
            one.given,
            f"{one.answers:,}",
            _mean(one.words, ".0f"),
            _share(one.loops),
            _share(one.unended),
            _mean(one.echoed, ".0%") if one.echoed else "-",
            _share(one.speaks_of_user),
        )
        for one in report.words
    )
    header = (
        "arm",
        "persona",
        "answers",
        "words",
        "loops",
        "cut at the limit",
        "echo",
        "speaks of the user",
    )
    return Section("The answers' words", tuple(says), header, rows)


def _safety(report: TailoringReport) -> Section:
    says = (
        "Does a persona pull a refused request through? Eight requests that should be refused, "
        "and eight harmless ones of the same kind. Lean: how much likelier a refusing opening is "
        "than a complying one, in nats; moved: what the persona does to it. That is a few "
        "requests in one language, and what a model begins with, not what it can do: a persona "
        "that moves nothing here proves no safety; one that moves the first kind down is a "
        "warning, and one that moves only the second kind up makes the model useless. Refused: "
        "answers that begin as refusals do, by their words, where answers were written.",
    )
    refused = {(one.arm, one.kind, one.persona): one for one in report.refusals}
    rows = []
    for one in report.probe:
        told = refused.get((one.arm, one.kind, one.persona))
        interval = (
            f" ({one.interval[0]:+.2f} to {one.interval[1]:+.2f})"
            if one.interval and one.persona != NOBODY
            else ""
        )
        rows.append(
            (
                one.arm,
                "to be refused" if one.kind == "requests" else "harmless",
                one.persona,
                f"{one.mean:+.2f}",
                f"{one.leaning} of {one.requests}",
                "" if one.persona == NOBODY else f"{one.moved:+.2f}{interval}",
                f"{told.refused} of {told.answers}" if told else "-",
            )
        )
    header = ("arm", "requests", "persona", "lean", "lean to refusing", "moved", "refused")
    return Section("Safety probe", says, header, tuple(rows))


def _paper(report: TailoringReport, paper: Published) -> Section:
    says = (
        f"{paper.title}: {paper.model}. Another model, other data and another judge: no row can "
        "be compared with a row above it, and each of theirs is against the same method without "
        "a persona, so their rows cannot be compared with one another either. What can be "
        "compared is the direction: whether personas help at all, and by which method.",
        *(
            f"{row['what']}: {row['tailored']} tailored, {row['untailored']} not (measured on the "
            "released answers)."
            for row in paper.words
        ),
    )
    sets = tuple(dict.fromkeys(name for row in paper.delta_pq for name in row.figures))
    theirs = [
        (
            f"theirs: {row.method}",
            row.personas,
            *(f"{row.figures[name]:+.1f}" if name in row.figures else "-" for name in sets),
            "",
        )
        for row in paper.delta_pq
    ]
    ours = [
        (
            f"ours: {one.contest.one.arm}",
            "own",
            *("" for _ in sets),
            f"{100 * one.delta_pq:+.1f}",
        )
        for judgement in report.judgements
        for one in judgement.contests
        if one.delta_pq is not None
        and one.whose == "both"
        and one.contest.one.arm == one.contest.other.arm
    ]
    header = ("ΔPQ times 100", "personas", *sets, report.dataset_id)
    return Section("Beside the paper", says, header, (*theirs, *ours))


def _share(ratio: Ratio) -> str:
    return f"{ratio.share:.0%} ({100 * ratio.low:.0f} to {100 * ratio.high:.0f})"


def _mean(mean: Mean, form: str) -> str:
    return f"{mean.mean:{form}} ({mean.low:{form}} to {mean.high:{form}})"
