"""Personas of preference examples with their checks, and what models replied on the way to them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import cast

from sqlite_utils import Database

from engine.personas.domain import Check, Origin, Persona, Side
from engine.store.database import Row, opened, packed, put, put_all, rows
from engine.store.unpack import number, text, texts

_WITH_CHECK = (
    "select persona.*, c.text check_text, c.intended_first, c.intended_second, c.judge, "
    "c.prompt_sha256 check_prompt_sha256, c.made_at checked_at from persona "
    "left join persona_check c using (example_id, side) "
    "join example on example.id = example_id "
)


@dataclass(frozen=True)
class Answer:
    """What became of one question that was put to a model: a cache, and no part of the journal."""

    example_id: str
    asked: str
    """The hash of all that was asked."""
    model: str
    """What tells the model from any other."""
    reply: str
    """The last reply as it came."""
    is_read: bool
    """False where two replies could not be used."""
    unread: tuple[str, ...]
    """The replies that could not be used, as they came."""
    calls: int
    prompt_tokens: int
    completion_tokens: int

    @property
    def was_turned_away(self) -> bool:
        """Whether the server took no such request: then nothing was said."""
        return not self.is_read and not self.unread

    @property
    def key(self) -> tuple[str, str]:
        return self.example_id, self.asked


def add_personas(db: Database, personas: Iterable[Persona]) -> None:
    """Store personas, each in the place of what its example and side had; checks stay as they are.

    A check is of one wording: of another it counts for nothing (`Persona.passed`).
    """
    put_all(
        db,
        "persona",
        (
            {
                "example_id": one.example_id,
                "side": one.side,
                "text": one.text,
                "origin": one.origin,
                "provider": one.provider,
                "model_name": one.model_name,
                "prompt_sha256": one.prompt_sha256,
                "made_at": one.made_at.isoformat(),
                "failure": one.failure,
                "raw": one.raw,
            }
            for one in personas
        ),
    )


def save_checks(db: Database, checks: Mapping[tuple[str, Side], Check]) -> None:
    """Store the checks of personas that are there, each in the place of the earlier one.

    Args:
        checks: by example and side.
    """
    put_all(
        db,
        "persona_check",
        (
            {
                "example_id": example_id,
                "side": side,
                "text": check.text,
                "intended_first": check.intended_first,
                "intended_second": check.intended_second,
                "judge": check.judge,
                "prompt_sha256": check.prompt_sha256,
                "made_at": check.made_at.isoformat(),
            }
            for (example_id, side), check in checks.items()
        ),
    )


def remove_persona(db: Database, example_id: str, side: Side) -> None:
    """Take a persona away, with its check."""
    db.execute("delete from persona where example_id = ? and side = ?", [example_id, side])


def personas_of(db: Database, dataset_id: str) -> list[Persona]:
    """The personas of a dataset, in the order of its examples, chosen before rejected."""
    found = rows(db, _WITH_CHECK + "where dataset_id = ? order by example.rowid, side", dataset_id)
    return [_persona(row) for row in found]


def personas_of_example(db: Database, example_id: str) -> dict[Side, Persona]:
    """The personas of one example, by side."""
    found = rows(db, _WITH_CHECK + "where example_id = ?", example_id)
    return {persona.side: persona for persona in map(_persona, found)}


def keep_answer(data_dir: Path, answer: Answer) -> None:
    """Keep an answer, in the place of an earlier one; of an example that is gone it is dropped."""
    row = {**vars(answer), "is_read": int(answer.is_read), "unread": packed(answer.unread)}
    with opened(data_dir) as db:
        # At once: a transaction that reads first is refused, not made to wait, if another writes.
        db.execute("begin immediate")
        if rows(db, "select 1 from example where id = ?", answer.example_id):
            put(db, "persona_answer", row)
        db.execute("commit")


def answers_by(
    db: Database, dataset_id: str, models: Sequence[str]
) -> dict[tuple[str, str], Answer]:
    """All that these models answered on a dataset's examples, by example and what was asked."""
    found = rows(
        db,
        "select persona_answer.* from persona_answer join example on example.id = example_id "
        "where dataset_id = ? and model in (select value from json_each(?))",
        dataset_id,
        packed(list(models)),
    )
    return {answer.key: answer for answer in map(_answer, found)}


def _persona(row: Row) -> Persona:
    return Persona(
        example_id=text(row["example_id"]),
        side=cast(Side, text(row["side"])),
        text=text(row["text"]),
        origin=cast(Origin, text(row["origin"])),
        provider=text(row["provider"]),
        model_name=text(row["model_name"]),
        prompt_sha256=text(row["prompt_sha256"]),
        made_at=datetime.fromisoformat(text(row["made_at"])),
        failure=text(row["failure"]),
        raw=text(row["raw"]),
        check=None if row["check_text"] is None else _check(row),
    )


def _check(row: Row) -> Check:
    return Check(
        text=text(row["check_text"]),
        intended_first=_choice(row["intended_first"]),
        intended_second=_choice(row["intended_second"]),
        judge=text(row["judge"]),
        prompt_sha256=text(row["check_prompt_sha256"]),
        made_at=datetime.fromisoformat(text(row["checked_at"])),
    )


def _choice(value: object) -> bool | None:
    return None if value is None else bool(value)


def _answer(row: Row) -> Answer:
    return Answer(
        example_id=text(row["example_id"]),
        asked=text(row["asked"]),
        model=text(row["model"]),
        reply=text(row["reply"]),
        is_read=bool(row["is_read"]),
        unread=texts(row["unread"]),
        calls=int(number(row["calls"])),
        prompt_tokens=int(number(row["prompt_tokens"])),
        completion_tokens=int(number(row["completion_tokens"])),
    )
