"""What a training run learned, as lines: the verdict, held-out pairs per track, the card alone."""

from collections.abc import Iterator, Mapping

from engine.library.effect import share_told
from models.events import JsonObject
from studio.text import count

_WORDS = {
    "card": ("profile", "opposite reader's profile", "reader's own"),
    "persona": ("persona", "opposed persona", "user's own"),
}
"""What the prompts say of who asks; what says the opposite; and the first again."""


def outcome_lines(result: JsonObject) -> Iterator[str]:
    """The verdict first; nothing of what a run by an older version does not tell."""
    verdict, held_out, own = (_object(result, name) for name in ("verdict", "held_out", "train"))
    if verdict:
        yield str(verdict["says"])
    if not held_out or not held_out["pairs"]:
        return
    told_by, opposed, own_words = _WORDS[str(result.get("told_by", "card"))]
    yield (
        f"Of {count(_whole(held_out, 'pairs'), 'held-out pair')} the model prefers the chosen "
        f"answer in {_share(held_out, 'accuracy')}; before training in "
        f"{_share(held_out, 'accuracy_before')}."
    )
    yield (
        "Beside the base, training moved it towards the chosen answer in "
        f"{_share(held_out, 'reward_accuracy')} of them (50% would be chance)"
        + (f", and in {_share(own, 'reward_accuracy')} of its own." if own else ".")
    )
    if held_out.get("tuned") is not None:
        yield (
            f"Beside the base without the {told_by}, the chosen answer gained the more in "
            f"{_share(held_out, 'card_alone')} by the {told_by} in the prompt alone, in "
            f"{_share(held_out, 'tuned')} with training."
        )
    if held_out.get("opposite") is not None:
        yield (
            f"The same under the {opposed}: in "
            f"{_share(held_out, 'opposite')}; {_share(held_out, 'turned')} of the pairs lean more "
            f"to the chosen answer under the {own_words}."
        )
    for track, told in _object(held_out, "tracks").items():
        assert isinstance(told, Mapping)
        yield (
            f"  {track}, {count(_whole(told, 'pairs'), 'pair')}: prefers "
            f"{_share(told, 'accuracy')} (before {_share(told, 'accuracy_before')}), moved "
            f"{_share(told, 'reward_accuracy')}, profile alone {_share(told, 'card_alone')}, "
            f"trained {_share(told, 'tuned')}"
            + (f", opposite {_share(told, 'opposite')}" if told.get("opposite") is not None else "")
        )


def _object(told: JsonObject, name: str) -> JsonObject:
    found = told.get(name, {})
    assert isinstance(found, Mapping)
    return found


def _whole(told: JsonObject, name: str) -> int:
    return int(str(told[name]))


def _share(told: JsonObject, name: str) -> str:
    return share_told(told, name) or "-"
