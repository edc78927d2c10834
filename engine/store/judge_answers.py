"""What a chat model said of the texts of a round, kept the moment it is there.

A cache, and no part of the journal: undo and redo leave it alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from engine.judge.questions import Aspect, Key, Said
from engine.store.database import Row, opened, packed, put, rows
from engine.store.unpack import number, text, texts


@dataclass(frozen=True)
class JudgeAnswer:
    """One finished question."""

    key: Key
    asked: str
    """The hash of the question."""
    said: Said | None
    """None where two replies could not be read."""
    unread: tuple[str, ...]
    """The malformed replies, as they came."""
    calls: int
    prompt_tokens: int
    completion_tokens: int


def save(data_dir: Path, round_id: str, judge: str, answer: JudgeAnswer) -> None:
    """Keep an answer, in the place of an earlier one; of a round that is gone it is dropped."""
    book_id, one, other, aspect = answer.key
    row = {
        "round_id": round_id,
        "book_id": book_id,
        "one": one,
        "other": other,
        "judge": judge,
        "aspect": aspect,
        "asked": answer.asked,
        "answer": answer.said.answer if answer.said else None,
        "confidence": answer.said.confidence if answer.said else None,
        "reason": answer.said.reason if answer.said else "",
        "unread": packed(answer.unread),
        "calls": answer.calls,
        "prompt_tokens": answer.prompt_tokens,
        "completion_tokens": answer.completion_tokens,
    }
    with opened(data_dir) as db:
        # At once: a transaction that reads first is refused, not made to wait, if another writes.
        db.execute("begin immediate")
        there = rows(
            db,
            "select count(*) n from vote_text where round_id = ? and book_id = ? "
            "and contestant in (?, ?)",
            round_id,
            book_id,
            one,
            other,
        )
        if number(there[0]["n"]) == len({one, other}):
            put(db, "judge_answer", row)
        db.execute("commit")


def judges_of(data_dir: Path, round_id: str) -> list[str]:
    """Who has judged a round, as their answers are kept under."""
    with opened(data_dir) as db:
        found = rows(
            db,
            "select judge from judge_answer where round_id = ? group by judge order by min(rowid)",
            round_id,
        )
    return [text(row["judge"]) for row in found]


def of_round(data_dir: Path, round_id: str, judge: str) -> Mapping[Key, JudgeAnswer]:
    """All that a judge has said of a round."""
    with opened(data_dir) as db:
        found = rows(
            db, "select * from judge_answer where round_id = ? and judge = ?", round_id, judge
        )
    answers = map(_answer, found)
    return {answer.key: answer for answer in answers}


def _answer(row: Row) -> JudgeAnswer:
    said = None
    if row["answer"] is not None:
        sure = row["confidence"]
        said = Said(
            int(number(row["answer"])),
            None if sure is None else int(number(sure)),
            text(row["reason"]),
        )
    return JudgeAnswer(
        (text(row["book_id"]), text(row["one"]), text(row["other"]), cast(Aspect, row["aspect"])),
        text(row["asked"]),
        said,
        texts(row["unread"]),
        int(number(row["calls"])),
        int(number(row["prompt_tokens"])),
        int(number(row["completion_tokens"])),
    )
