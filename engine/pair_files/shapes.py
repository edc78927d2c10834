"""How a pair stands in one row of each format, out and in."""

import re
from collections.abc import Callable, Mapping
from hashlib import sha256

import orjson

from engine.domain import PreferencePair
from engine.pair_files import hh
from engine.pair_files.own_fields import NAME, TEXTS, Texts, own_fields
from engine.prompts import for_reader
from engine.sources import hh_rlhf, trl
from engine.sources.records import BadRow, Record, required_text
from models.chat import Message
from models.errors import BadInput

Row = dict[str, object]
_LIKE_MESSAGES = re.compile(r"""\s*\[\s*\{\s*(["'])(?:role|content)\1\s*:""")
"""A list of messages as JSON, or as Python prints it."""
ARGILLA = ("instruction", "chosen_response", "rejected_response")
COLUMNS_READ = frozenset({*TEXTS, *ARGILLA, NAME})
"""The columns that any of these formats keeps something in, our own fields aside."""


def flat_row(pair: PreferencePair, _card: str) -> Row:
    """Ours: the texts, and every field beside them."""
    return {name: getattr(pair, name) for name in TEXTS} | own_fields(pair)


def trl_row(pair: PreferencePair, _card: str) -> Row:
    """TRL's plain form."""
    return {name: getattr(pair, name) for name in TEXTS} | _kept(pair)


def conversational_row(pair: PreferencePair, card: str) -> Row:
    """TRL's conversational form; with a card, the system message that training reads.

    What training puts below the request belongs to the profile of that day and stays out.
    """
    return {
        "prompt": [_message(message) for message in for_reader(card, pair.prompt)],
        "chosen": [_message(Message("assistant", pair.chosen))],
        "rejected": [_message(Message("assistant", pair.rejected))],
    } | _kept(pair)


def hh_row(pair: PreferencePair, _card: str) -> Row:
    """HH-RLHF's two dialogues.

    Raises:
        BadInput: a text of the pair cannot be told from a turn.
    """
    return hh.hh_row(pair) | _kept(pair)


def ultrafeedback_row(pair: PreferencePair, card: str) -> Row:
    """UltraFeedback binarized, as the alignment handbook reads it.

    Its scores are ratings, which our pairs have none of: 1 and 0 say which side is preferred.
    """
    asked = for_reader(card, pair.prompt)
    chosen, rejected = (
        [_message(message) for message in (*asked, Message("assistant", answer))]
        for answer in (pair.chosen, pair.rejected)
    )
    return {
        "prompt": pair.prompt,
        "prompt_id": sha256(pair.prompt.encode()).hexdigest(),
        "chosen": chosen,
        "rejected": rejected,
        "messages": chosen,
        "score_chosen": 1.0,
        "score_rejected": 0.0,
    } | _kept(pair)


def argilla_row(pair: PreferencePair, _card: str) -> Row:
    """The columns of Argilla's edition of UltraFeedback."""
    return dict(zip(ARGILLA, (pair.prompt, pair.chosen, pair.rejected), strict=True)) | _kept(pair)


def too_long(row: Mapping[str, object], format_name: str, most_chars: int) -> BadInput:
    """The refusal of a row that no reading would take."""
    own = row.get(NAME, row)
    assert isinstance(own, Mapping)
    return BadInput(
        f"Pair {own['id']} cannot be written as {format_name}: its row would be over "
        f"{most_chars:,} characters long, which loading refuses.",
        "Shorten or drop that pair, or choose parquet.",
    )


def _kept(pair: PreferencePair) -> Row:
    return {NAME: own_fields(pair)}


def _message(message: Message) -> dict[str, str]:
    return {"role": message.role, "content": message.content}


def plain_texts(record: Record, is_ours: bool) -> Texts:
    """Of a row that somebody else wrote, a list of messages is no plain text.

    Raises:
        BadRow: it is one, or a text is missing or none.
    """
    prompt, chosen, rejected = (required_text(record, name) for name in TEXTS)
    for name, text in zip(TEXTS, (prompt, chosen, rejected), strict=True):
        if not is_ours and _LIKE_MESSAGES.match(text):
            told = f"The field {name!r} is a list of messages, written as text"
            raise BadRow(f"{told}; the format trl-conversational reads it.")
    return prompt, chosen, rejected


def message_texts(record: Record, is_ours: bool) -> Texts:
    """Of a row that we wrote, the system message is the card, which is no part of the pair."""
    if not is_ours:
        fields = {name: _listed(name, value) for name, value in record.fields.items()}
        return trl.texts_of(Record(record.line, fields))
    fields = {name: _without_card(value) for name, value in record.fields.items()}
    return trl.texts_of(Record(record.line, fields))


def _listed(name: str, value: object) -> object:
    """The messages of a cell that has them as text, since it has no room for a list."""
    if not isinstance(value, str) or not _LIKE_MESSAGES.match(value):
        return value
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError as error:
        told = f"is like a list of messages, but not JSON (column {error.colno}: {error.msg})"
        raise BadRow(f"The field {name!r} {told}.") from error


def _without_card(value: object) -> object:
    first = value[0] if isinstance(value, list) and value else None
    is_card = isinstance(first, dict) and first.get("role") == "system"
    return value[1:] if isinstance(value, list) and is_card else value


def dialogue_texts(record: Record, is_ours: bool) -> Texts:
    return hh.own_texts(record) if is_ours else hh_rlhf.texts_of(record)


def argilla_texts(record: Record, _is_ours: bool) -> Texts:
    prompt, chosen, rejected = (required_text(record, name) for name in ARGILLA)
    return prompt, chosen, rejected


TEXTS_OF: Mapping[str, Callable[[Record, bool], Texts]] = {
    "studio": plain_texts,
    "trl": plain_texts,
    "trl-conversational": message_texts,
    "ultrafeedback": message_texts,
    "argilla": argilla_texts,
    "hh": dialogue_texts,
}
"""How the texts of a row are read; the second argument: whether we wrote the row."""
