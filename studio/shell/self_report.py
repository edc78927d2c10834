"""Commands about the questionnaire that readers fill in themselves: the IPIP-NEO-120.

`ask` puts one plain line at a time, for screen readers too.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from studio.shell.base import Group, find_reader, give, tell
from studio.shell.imports import skipped_lines
from studio.text import count

if TYPE_CHECKING:
    from engine.domain import Reading
    from engine.self_report import Sheet

NORMS = ("both", "women", "men")


@click.group("questionnaire", cls=Group)
def questionnaire() -> None:
    """The Big Five from a reader's own answers: the IPIP-NEO-120."""


@questionnaire.command("show")
@click.argument("reader")
def show_questionnaire(reader: str) -> None:
    """List the items with the answers given so far."""
    from engine import self_report

    data_dir, reader_id = find_reader(reader)
    sheet = self_report.sheet(data_dir, reader_id)
    _give_sheet(reader_id, sheet, _sheet_lines(sheet))


@questionnaire.command("answer")
@click.argument("reader")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
def answer(reader: str, file: Path) -> None:
    """Keep the answers of a file: {"1": 4, "2": 5} or CSV with number,choice; - is stdin."""
    from engine.answer_files import load_answers

    data_dir, reader_id = find_reader(reader)
    loaded = load_answers(data_dir, reader_id, file)
    told = [f"{count(loaded.kept, 'answer')} kept.", *skipped_lines(loaded.skipped)]
    more = {"kept": loaded.kept, "skipped": [vars(row) for row in loaded.skipped]}
    _give_sheet(reader_id, loaded.sheet, [*told, _how_far(reader_id, loaded.sheet)], more)


@questionnaire.command("ask")
@click.argument("reader")
def ask(reader: str) -> None:
    """Ask the items without an answer, one line each; leave at any time, everything is kept."""
    from engine import self_report
    from engine.profile.questionnaire import questionnaire as form

    data_dir, reader_id = find_reader(reader)
    sheet = self_report.sheet(data_dir, reader_id)
    tell(form().instruction)
    for number, choice in enumerate(form().choices, 1):
        tell(f"{number}  {choice}")
    tell("s skips an item, b goes back, q leaves. Every answer is kept at once.")
    at = sheet.items.index(sheet.next_item) if sheet.next_item else len(sheet.items)
    while at < len(sheet.items):
        item = sheet.items[at]
        given = sheet.answers.choices.get(item.number)
        before = "" if given is None else f" (answered {given})"
        typed = typed_answer(f"{at + 1} of {len(sheet.items)}. {item.text}{before}")
        if typed == "q":
            break
        if typed in ("s", "b"):
            at = at + 1 if typed == "s" else max(0, at - 1)
        elif typed in ("1", "2", "3", "4", "5"):
            sheet = self_report.answer(data_dir, reader_id, item.number, int(typed))
            at += 1
        else:
            tell("Type 1, 2, 3, 4 or 5; or s, b, q.")
    _give_sheet(reader_id, sheet, [_how_far(reader_id, sheet)])


@questionnaire.command("finish")
@click.argument("reader")
@click.option("--age", type=int, required=True, help="In years, 10 to 110: the norms need it.")
@click.option(
    "--norms",
    type=click.Choice(NORMS),
    default="both",
    show_default=True,
    help="Whom to compare with.",
)
def finish(reader: str, age: int, norms: str) -> None:
    """Score what was answered and put it into the profile, beside the reviews' own scores."""
    from engine import self_report
    from engine.profile.questionnaire import NORMS as SEX_OF
    from engine.profile.questionnaire import percentile
    from studio.scores import questionnaire_lines

    data_dir, reader_id = find_reader(reader)
    told = self_report.finish_questionnaire(data_dir, reader_id, SEX_OF[norms], age)
    sheet = self_report.sheet(data_dir, reader_id)
    warnings = list(sheet.answers.warnings())
    traits = [
        {**reading_as_json(trait_id, reading), "percentile": round(percentile(reading))}
        for trait_id, reading in told.items()
    ]
    give(
        {
            "reader": reader_id,
            "age": age,
            "norms": norms,
            "traits": traits,
            "left_out": sheet.left_out,
            "warnings": warnings,
        },
        questionnaire_lines(told, sheet.left_out, warnings),
    )


@questionnaire.command("clear")
@click.argument("reader")
def clear_questionnaire(reader: str) -> None:
    """Take the answers and their scores away; undo brings them back."""
    from engine import self_report

    data_dir, reader_id = find_reader(reader)
    self_report.clear_self_report(data_dir, reader_id, "questionnaire")
    told = "The questionnaire is taken away; `persona-studio undo` brings it back."
    give({"reader": reader_id, "cleared": "questionnaire"}, [told])


def _give_sheet(
    reader_id: str,
    sheet: "Sheet",
    lines: Iterable[str],
    more: Mapping[str, object] | None = None,
) -> None:
    from engine.profile.questionnaire import NORMS as SEX_OF
    from engine.profile.questionnaire import questionnaire as form

    given = sheet.answers
    told = {
        "reader": reader_id,
        "questionnaire": form().name,
        "instruction": form().instruction,
        "choices": dict(enumerate(form().choices, 1)),
        "answered": sheet.answered,
        "asked": len(sheet.items),
        "age": given.age,
        "norms": next(name for name, sex in SEX_OF.items() if sex == given.sex),
        "items": [
            {"number": item.number, "text": item.text, "answer": given.choices.get(item.number)}
            for item in sheet.items
        ],
    }
    give({**told, **(more or {})}, lines)


def _sheet_lines(sheet: "Sheet") -> Iterator[str]:
    from engine.profile.questionnaire import questionnaire as form

    yield f"{form().name}: {sheet.answered} of {len(sheet.items)} answered."
    yield form().instruction
    for number, choice in enumerate(form().choices, 1):
        yield f"  {number}  {choice}"
    for item in sheet.items:
        yield f"{item.number}. {item.text} {sheet.answers.choices.get(item.number, '')}".rstrip()


def _how_far(reader_id: str, sheet: "Sheet") -> str:
    told = f"{sheet.answered} of {len(sheet.items)} items answered."
    if sheet.next_item is None:
        return f"{told} `persona-studio questionnaire finish {reader_id} --age N` gives the scores."
    return f"{told} `persona-studio questionnaire ask {reader_id}` goes on."


def reading_as_json(trait_id: str, reading: "Reading") -> dict[str, object]:
    return {
        "trait": trait_id,
        "score": reading.score,
        "confidence": reading.confidence,
        "note": reading.note,
    }


def typed_answer(question: str) -> str:
    """What the person types, in small letters; `q` where there is nothing more to read."""
    try:
        typed: str = click.prompt(
            question, prompt_suffix=": ", default="", show_default=False, err=True
        )
    except click.Abort:
        tell("")
        return "q"
    return typed.strip().lower()
