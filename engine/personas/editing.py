"""What a person does with personas: look at them beside their pairs, write one, take one away."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from engine.domain import PreferenceExample
from engine.personas.domain import Persona, Side
from engine.personas.rules import broken_rule
from engine.sources.records import one_line, storable
from engine.store import datasets as dataset_rows
from engine.store import personas as persona_rows
from engine.store.database import change, opened
from models.errors import BadInput

MOST_CHARACTERS = 1000
"""Of a persona that the editor writes: a sentence, whatever its rules."""


@dataclass(frozen=True)
class Entry:
    """A pair of a dataset with the personas it has."""

    example: PreferenceExample
    personas: Mapping[Side, Persona] = field(default_factory=dict)


@dataclass(frozen=True)
class Written:
    """A persona as the editor wrote it."""

    persona: Persona
    remark: str
    """The rule that it breaks, in a sentence; empty where it keeps them all."""


def entries(data_dir: Path, dataset_id: str) -> list[Entry]:
    """All pairs of a dataset, in their order.

    Raises:
        BadInput: there is no such dataset.
    """
    with opened(data_dir) as db:
        examples = dataset_rows.examples_of(db, dataset_id)
        by_example: dict[str, dict[Side, Persona]] = {}
        for persona in persona_rows.personas_of(db, dataset_id):
            by_example.setdefault(persona.example_id, {})[persona.side] = persona
    return [Entry(example, by_example.get(example.id, {})) for example in examples]


def entry(data_dir: Path, example_id: str) -> Entry:
    """One pair, by its id or the unique beginning of it.

    Raises:
        BadInput: none or several begin so.
    """
    with opened(data_dir) as db:
        example = dataset_rows.find_example(db, example_id)
        return Entry(example, persona_rows.personas_of_example(db, example.id))


def write_persona(data_dir: Path, example_id: str, side: Side, text: str) -> Written:
    """Put the editor's sentence in the place of what there was; it is unchecked from then on.

    The editor may break the rules of inferred personas, and is told which.

    Raises:
        BadInput: no such pair, or the text is empty or over a thousand characters.
    """
    told = one_line(storable(text))
    if not told:
        raise BadInput("A persona cannot be empty.", "Take it away instead.")
    if len(told) > MOST_CHARACTERS:
        raise BadInput(
            f"A persona of {len(told):,} characters is no sentence.",
            f"At most {MOST_CHARACTERS:,}; 15 to 35 words are usual.",
        )
    with opened(data_dir) as db, change(db, "Edit a persona"):
        example = dataset_rows.find_example(db, example_id)
        before = persona_rows.personas_of_example(db, example.id).get(side)
        if before is None or before.text != told:
            persona_rows.add_personas(db, [_edited(example.id, side, told)])
        found = persona_rows.personas_of_example(db, example.id)[side]
    remark = broken_rule(told, example.prompt, example.chosen, example.rejected)
    return Written(found, remark)


def remove_persona(data_dir: Path, example_id: str, side: Side) -> None:
    """Take a persona away.

    Raises:
        BadInput: no such pair, or it has no persona of this side.
    """
    with opened(data_dir) as db, change(db, "Remove a persona"):
        example = dataset_rows.find_example(db, example_id)
        if side not in persona_rows.personas_of_example(db, example.id):
            raise BadInput(f"Pair {example.id} has no persona of its {side} answer.")
        persona_rows.remove_persona(db, example.id, side)


def _edited(example_id: str, side: Side, text: str) -> Persona:
    return Persona(
        example_id=example_id,
        side=side,
        text=text,
        origin="edited",
        provider="",
        model_name="",
        prompt_sha256="",
        made_at=datetime.now(UTC),
    )
