r"""HH-RLHF's dialogues: `\n\nHuman: …\n\nAssistant: …`, once with each answer.

The format has no way to say that a text holds such words itself, so a pair that does is refused on
the way out. A prompt that is a dialogue, as an import of HH-RLHF makes it, goes out as its turns.
What we wrote is read back to the letter; what others wrote, as `engine.sources.hh_rlhf` reads it.
"""

import re

from engine.domain import PreferencePair
from engine.pair_files.own_fields import TEXTS, Texts
from engine.sources import hh_rlhf
from engine.sources.records import MAX_TEXT_CHARS, BadRow, Record, required_text
from models.errors import BadInput

_TURN = re.compile(r"\n\n(Human|Assistant):")
_HUMAN, _ASSISTANT = "\n\nHuman: ", "\n\nAssistant: "
_LONGEST = 2 * MAX_TEXT_CHARS + len(_HUMAN + _ASSISTANT)
"""Of a dialogue of ours, in characters: a prompt and an answer."""


def hh_row(pair: PreferencePair) -> dict[str, object]:
    """The two dialogues of a pair.

    Raises:
        BadInput: a text has in it what would be read as a turn of the dialogue.
    """
    is_dialogue = _is_dialogue(pair.prompt)
    for name in TEXTS:
        found = _TURN.search(getattr(pair, name))
        if found and not (is_dialogue and name == "prompt"):
            raise BadInput(
                f"Pair {pair.id} cannot be written as HH-RLHF: its {name} text has a paragraph "
                f"that begins with {found[1] + ':'!r}, which would be read as a new turn.",
                "Edit or drop that pair, or choose another format.",
            )
    dialogue = f"\n\n{pair.prompt}" if is_dialogue else _HUMAN + pair.prompt
    sides = {"chosen": pair.chosen, "rejected": pair.rejected}
    return {name: f"{dialogue}{_ASSISTANT}{answer}" for name, answer in sides.items()}


def own_texts(record: Record) -> Texts:
    """The texts of a row that `hh_row` wrote, to the letter.

    Raises:
        BadRow: it is no longer as it was written.
    """
    prompt, chosen = _parted(record, "chosen")
    prompt_of_rejected, rejected = _parted(record, "rejected")
    if prompt != prompt_of_rejected:
        raise BadRow(hh_rlhf.PARTED)
    texts = Record(record.line, dict(zip(TEXTS, (prompt, chosen, rejected), strict=True)))
    prompt, chosen, rejected = (required_text(texts, name) for name in TEXTS)
    return prompt, chosen, rejected


def _is_dialogue(prompt: str) -> bool:
    """Whether a prompt is two or more turns, the last of them a Human's."""
    turns = _TURN.findall(f"\n\n{prompt}")
    return len(turns) > 1 and turns[-1] == "Human" and bool(_TURN.match(f"\n\n{prompt}"))


def _parted(record: Record, key: str) -> tuple[str, str]:
    dialogue, turn, answer = required_text(record, key, _LONGEST).rpartition(_ASSISTANT)
    if not turn or not _TURN.match(dialogue):
        raise BadRow(f"The {key} dialogue does not go from a Human to an Assistant turn.")
    if len(_TURN.findall(dialogue)) == 1:
        return dialogue.removeprefix(_HUMAN), answer
    return dialogue.removeprefix("\n\n"), answer
