"""Pairs for the tests of pair files, ours and others': made at random of what breaks files."""

import json
import random
from collections.abc import Sequence
from pathlib import Path

from engine.domain import TRACKS, PreferencePair, Reader, are_same
from engine.store import pairs as pair_rows
from engine.store import readers as reader_rows
from engine.store.database import change, opened

NASTY = (
    *(
        "\n",
        "\r\n",
        "\r",
        "\t",
        " ",
        "  ",
        "\n\n",
        "\u2028",
        "\x85",
        "\x0b",
        "\x1b[31m",
        "\x7f",
        "\x01",
    ),
    *('"', '""', "'", "''", ",", ";", "\\", "\\n", "{", "}", "[", "]", "null", "#", "<|im_end|>"),
    *("=1+1", "+", "-", "@SUM(A1)", "'=1", "\uff1dA1", "=cmd|' /C calc'!A0", "-2", "'tis", "'-"),
    *(
        "שלום",
        "مرحبا",
        "😀",
        "👩‍👩‍👧",
        "e\u0301",
        "\u202e",
        "\ufeff",
        "日本",
        "Human:",
        "Assistant: ",
    ),
    *("a", "b", "word", "Which?", "0", "true"),
)
TURNS = ("\n\nHuman: Why?", "\n\nAssistant: So.", "Human: a\n\nHuman: b")
HH = "\n\nHuman: Which?\n\nAssistant:"


def _message(role: str, content: str) -> dict[str, str]:
    return {"role": role, "content": content}


ASKED, THIS, THAT = (
    _message("user", "Which?"),
    _message("assistant", "This."),
    _message("assistant", "That."),
)
STRANGERS: dict[str, dict[str, object]] = {
    "trl": {"prompt": "Which?", "chosen": "This.", "rejected": "That."},
    "trl-conversational": {"prompt": [ASKED], "chosen": [THIS], "rejected": [THAT]},
    "ultrafeedback": {
        "prompt": "Which?",
        "prompt_id": "x",
        "chosen": [ASKED, THIS],
        "rejected": [ASKED, THAT],
        "messages": [ASKED, THIS],
        "score_chosen": 8.5,
        "score_rejected": 4.0,
    },
    "argilla": {
        "source": "flan",
        "instruction": "Which?",
        "chosen_response": "This.",
        "rejected_response": "That.",
        "chosen_avg_rating": 4.5,
    },
    "hh": {"chosen": f"{HH} This.", "rejected": f"{HH} That."},
}


def lines(path: Path, *rows: object) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def nasty_text(rng: random.Random, with_turns: bool = False) -> str:
    """A text that is not blank, with signs that have a meaning in some format."""
    parts = (*NASTY, *TURNS) if with_turns else NASTY
    while True:
        text = "".join(rng.choices(parts, k=rng.randint(1, 8)))
        is_a_turn = "\n\nHuman:" in text or "\n\nAssistant:" in text
        if text.strip() and (with_turns or not is_a_turn):
            return text


def nasty_pairs(seed: int, number: int, with_turns: bool = False) -> list[PreferencePair]:
    """Pairs of the reader `ana`, every field of them at random."""
    rng = random.Random(seed)
    sides = (_sides(rng, with_turns) for _ in range(number))
    return [
        PreferencePair(
            id=f"p{seed}-{at}",
            reader_id="ana",
            track=rng.choice(TRACKS),
            trait_id=rng.choice(["", "schwartz.face.1", "=1+1"]),
            topic=nasty_text(rng),
            prompt=nasty_text(rng, with_turns),
            chosen=chosen,
            rejected=rejected,
            origin=nasty_text(rng),
            held_out=rng.random() < 0.5,
            dropped=rng.random() < 0.2,
            edited=rng.random() < 0.5,
            accepted=rng.random() < 0.5,
            flagged=rng.random() < 0.5,
            stance=rng.choice([0.0, -1.0, 1 / 3, rng.uniform(-1, 1)]),
            evidence=tuple(nasty_text(rng) for _ in range(rng.randint(0, 3))),
            made=rng.choice(["bank", "hand", "imported", "endpoint:x"]),
        )
        for at, (chosen, rejected) in enumerate(sides)
    ]


def _sides(rng: random.Random, with_turns: bool) -> tuple[str, str]:
    while True:
        chosen, rejected = nasty_text(rng, with_turns), nasty_text(rng, with_turns)
        if not are_same(chosen, rejected):
            return chosen, rejected


def stored(data_dir: Path, pairs: Sequence[PreferencePair] = ()) -> Path:
    """A data directory with the readers `ana` and `jo`, and these pairs."""
    with opened(data_dir) as db, change(db, "Import reviews"):
        readers = [Reader("ana", "Ana", "jsonl"), Reader("jo", "Jo", "jsonl")]
        reader_rows.save(db, readers, [], [])
    for reader_id in ("ana", "jo"):
        own = [pair for pair in pairs if pair.reader_id == reader_id]
        with opened(data_dir) as db, change(db, "Build pairs"):
            pair_rows.save(db, reader_id, own)
    return data_dir


def pairs_in(data_dir: Path, reader_id: str = "ana") -> list[PreferencePair]:
    with opened(data_dir) as db:
        return pair_rows.of_reader(db, reader_id)
