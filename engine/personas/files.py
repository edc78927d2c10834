"""Personas as files: written as JSON Lines, a pair a line, and read from there or from elsewhere.

Read are our own files, and those with personas that others published: rows with a prompt, and a
persona of each side (`persona_chosen`, or `chosen_persona_gold` as in nbalepur/persona-tailoring).
A row is held against the pairs of a dataset by its prompt, and by its answers where it has them.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from engine.domain import PreferenceExample, Skipped
from engine.personas.domain import SIDES, Persona, Side
from engine.personas.editing import MOST_CHARACTERS, Entry, entries
from engine.private_file import private_file
from engine.sources.dialogue import example as example_of
from engine.sources.lines_of_json import json_records
from engine.sources.opening import at_hand
from engine.sources.opening import opened as opened_file
from engine.sources.records import (
    MAX_TEXT_CHARS,
    BadRow,
    Record,
    converted,
    one_line,
    required_text,
    text_of,
)
from engine.store import datasets as dataset_rows
from engine.store import personas as persona_rows
from engine.store.database import Store, change, opened
from models.errors import BadInput

PERSONA_FIELDS: Mapping[Side, tuple[str, ...]] = {
    side: (f"persona_{side}", f"{side}_persona", f"{side}_persona_gold") for side in SIDES
}
ANSWER_FIELDS: Mapping[Side, tuple[str, ...]] = {
    side: (side, f"dpo_response_to_{side}_persona") for side in SIDES
}
"""The answers of a row; the second name is of answers that a model wrote for each persona."""
_END_OF_TEXT = "<|end_of_text|>"
NO_PAIR = "No pair of the dataset has this prompt and these answers."


@dataclass(frozen=True)
class Row:
    """One line of a file of personas."""

    line: int
    example_id: str
    """Of our own files; empty elsewhere."""
    prompt: str
    personas: Mapping[Side, str]
    answers: Mapping[Side, str]
    """Empty where the row has none."""


@dataclass(frozen=True)
class PersonasLoaded:
    """What a file of personas came to."""

    dataset: str
    pairs_added: int
    personas: int
    unchanged: int
    """Stood so already."""
    edited_kept: int
    """Left as the editor wrote them."""
    skipped: tuple[Skipped, ...]

    def as_json(self) -> dict[str, object]:
        return asdict(self)


def load_personas(
    data_dir: Path, path: Path | None, dataset_id: str, with_pairs: bool = False
) -> PersonasLoaded:
    """Take a file's personas over, in one change; what the editor wrote stays.

    Args:
        path: None or `-`: standard input.
        with_pairs: rows with answers of their own become pairs of the dataset, which may be new.

    Raises:
        BadInput: the file cannot be read, or no row of it fits; nothing was stored.
    """
    rows, skipped = _read(path)
    with opened(data_dir) as db, change(db, "Load personas"):
        before = dataset_rows.sizes(db).get(dataset_id, 0)
        if with_pairs:
            skipped += _add_pairs(db, dataset_id, rows)
        matched = _matched(rows, dataset_rows.examples_of(db, dataset_id))
        found = _first_of_each(matched, skipped)
        if not found:
            raise _nothing(dataset_id, skipped)
        there = {
            (one.example_id, one.side): one for one in persona_rows.personas_of(db, dataset_id)
        }
        edited = {key for key in found if key in there and there[key].origin == "edited"}
        same = {key for key, text in found.items() if key in there and there[key].text == text}
        added = {key: text for key, text in found.items() if key not in edited | same}
        name = path.name if path else "standard input"
        persona_rows.add_personas(db, (_imported(*key, text, name) for key, text in added.items()))
        return PersonasLoaded(
            dataset=dataset_id,
            pairs_added=dataset_rows.sizes(db)[dataset_id] - before,
            personas=len(added),
            unchanged=len(same),
            edited_kept=len(edited - same),
            skipped=tuple(sorted(skipped, key=lambda one: one.line)),
        )


def export_personas(
    data_dir: Path, dataset_id: str, path: Path, only_passed: bool, replaces: bool
) -> int:
    """Write a dataset's pairs that have a persona, a line each; returns how many.

    Args:
        only_passed: leave out personas that have not passed their check.
        replaces: whether the file may be there already.

    Raises:
        BadInput: no such dataset, nothing to write, or the place cannot be written.
    """
    found = [one for one in entries(data_dir, dataset_id) if _shown(one, only_passed)]
    if not found:
        which = "passed its check" if only_passed else "is there"
        raise BadInput(
            f"No persona of the dataset {dataset_id!r} {which}.", "Infer and check some."
        )
    with private_file(path, replaces) as file:
        for one in found:
            line = json.dumps(as_json(one, only_passed), ensure_ascii=False)
            file.write(f"{line}\n".encode())
    return len(found)


def as_json(entry: Entry, only_passed: bool = False) -> dict[str, object]:
    """A pair with its personas, as a line of the file and as the commands tell it."""
    shown = _shown(entry, only_passed)
    return {
        "example_id": entry.example.id,
        "prompt": entry.example.prompt,
        "chosen": entry.example.chosen,
        "rejected": entry.example.rejected,
        **{f"persona_{side}": one.text for side, one in shown.items() if one.text},
        "details": {side: _details(one) for side, one in shown.items()},
    }


def _details(persona: Persona) -> dict[str, object]:
    check = persona.check if persona.passed is not None else None
    return {
        "state": persona.state,
        "origin": persona.origin,
        "model": persona.model_name,
        "failure": persona.failure,
        "raw": persona.raw,
        "judge": check.judge if check else None,
        "intended_first": check.intended_first if check else None,
        "intended_second": check.intended_second if check else None,
    }


def _shown(entry: Entry, only_passed: bool) -> dict[Side, Persona]:
    return {
        side: entry.personas[side]
        for side in SIDES
        if side in entry.personas and (entry.personas[side].passed or not only_passed)
    }


def _read(path: Path | None) -> tuple[list[Row], list[Skipped]]:
    with at_hand(path) as file, opened_file(file) as source:
        found = list(converted(json_records(source), _row))
    rows = [one for one in found if isinstance(one, Row)]
    return rows, [one for one in found if isinstance(one, Skipped)]


def _row(record: Record) -> Row:
    prompt = required_text(record, "prompt")
    found = {side: _first(record, PERSONA_FIELDS[side], MOST_CHARACTERS) for side in SIDES}
    personas = {side: text for side, told in found.items() if (text := one_line(told))}
    if not personas:
        raise BadRow("It has no persona: persona_chosen and persona_rejected are looked for.")
    answers = {side: _first(record, ANSWER_FIELDS[side]) for side in SIDES}
    is_whole = all(text.strip() for text in answers.values())
    return Row(
        record.line,
        text_of(record, "example_id"),
        _without_turn(prompt),
        personas,
        {side: _ended(text) for side, text in answers.items()} if is_whole else {},
    )


def _first(record: Record, fields: Iterable[str], most_chars: int = MAX_TEXT_CHARS) -> str:
    texts = (text_of(record, name, most_chars) for name in fields)
    return next((text for text in texts if text.strip()), "")


def _without_turn(prompt: str) -> str:
    """A prompt of one turn without the `Human:` before it, as an import has it."""
    bare = prompt.strip().removeprefix("Human:").strip()
    return prompt.strip() if "\n\nHuman:" in bare or "\n\nAssistant:" in bare else bare


def _ended(answer: str) -> str:
    """What a model wrote, without its sign for the end and the turn that it went on with."""
    text = answer.partition(_END_OF_TEXT)[0].strip()
    return text.removeprefix("Assistant:").strip()


def _add_pairs(db: Store, dataset_id: str, rows: Sequence[Row]) -> list[Skipped]:
    added: list[PreferenceExample] = []
    skipped: list[Skipped] = []
    for row in rows:
        if not row.answers:
            skipped.append(Skipped(row.line, "It has no answers of its own."))
            continue
        try:
            answers = row.answers["chosen"], row.answers["rejected"]
            added.append(example_of(dataset_id, row.prompt, *answers))
        except BadRow as bad:
            skipped.append(Skipped(row.line, str(bad)))
    if not added:
        raise _nothing(dataset_id, skipped)
    dataset_rows.save(db, added)
    return skipped


def _matched(
    rows: Iterable[Row], examples: Sequence[PreferenceExample]
) -> Iterator[tuple[Row, PreferenceExample | None]]:
    """Each row with its pair; None where there is none, or several with nothing to tell them."""
    by_id = {example.id: example for example in examples}
    by_prompt: defaultdict[str, list[PreferenceExample]] = defaultdict(list)
    for example in examples:
        by_prompt[_folded(_without_turn(example.prompt))].append(example)
    for row in rows:
        alike = by_prompt[_folded(row.prompt)]
        answered = [one for one in alike if _has_answers(one, row)]
        one = by_id.get(row.example_id) or (answered[0] if len(answered) == 1 else None)
        yield row, one


def _first_of_each(
    matched: Iterable[tuple[Row, PreferenceExample | None]], skipped: list[Skipped]
) -> dict[tuple[str, Side], str]:
    """The personas by pair and side, of several the first.

    Args:
        skipped: rows without a pair, and with another persona than the first, are added.
    """
    found: dict[tuple[str, Side], str] = {}
    refused = {one.line for one in skipped}
    for row, example in matched:
        if example is None:
            if row.line not in refused:
                skipped.append(Skipped(row.line, NO_PAIR))
            continue
        others = [
            side
            for side, text in row.personas.items()
            if found.setdefault((example.id, side), text) != text
        ]
        if others:
            skipped.append(Skipped(row.line, _not_the_first(others)))
    return found


def _not_the_first(sides: Sequence[Side]) -> str:
    personas = "persona is" if len(sides) == 1 else "personas are"
    which = " and ".join(sides)
    return f"Its {which} {personas} left out: an earlier row of this pair says something else."


def _has_answers(example: PreferenceExample, row: Row) -> bool:
    if not row.answers:
        return True
    theirs = row.answers["chosen"], row.answers["rejected"]
    return tuple(map(_folded, theirs)) == (_folded(example.chosen), _folded(example.rejected))


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()


def _imported(example_id: str, side: Side, text: str, file_name: str) -> Persona:
    return Persona(
        example_id=example_id,
        side=side,
        text=text,
        origin="imported",
        provider="",
        model_name=file_name,
        prompt_sha256="",
        made_at=datetime.now(UTC),
    )


def _nothing(dataset_id: str, skipped: Sequence[Skipped]) -> BadInput:
    why = f" Line {skipped[0].line}: {skipped[0].reason}" if skipped else ""
    return BadInput(
        f"No row of the file fits a pair of the dataset {dataset_id!r}.{why}",
        "Import the pairs that the personas were made from first; --with-pairs makes pairs of rows "
        "that have answers of their own.",
    )
