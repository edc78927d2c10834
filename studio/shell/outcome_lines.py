"""What a training run learned, as lines: the verdict, held-out pairs per track, the card alone."""

from collections.abc import Iterator, Mapping

from models.events import JsonObject
from studio.text import count


def outcome_lines(result: JsonObject) -> Iterator[str]:
    """The verdict first; nothing of what a run by an older version does not tell."""
    verdict, held_out, own = (_object(result, name) for name in ("verdict", "held_out", "train"))
    if verdict:
        yield str(verdict["says"])
    if not held_out or not held_out["pairs"]:
        return
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
            "Beside the base without the profile, the chosen answer gained the more in "
            f"{_share(held_out, 'card_alone')} by the profile in the prompt alone, in "
            f"{_share(held_out, 'tuned')} with training."
        )
    if held_out.get("opposite") is not None:
        yield (
            "The same under the opposite reader's profile: in "
            f"{_share(held_out, 'opposite')}; {_share(held_out, 'turned')} of the pairs lean more "
            "to the chosen answer under the reader's own."
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
    """`62% (48 to 74)`; the bounds are the interval's."""
    value, interval = told.get(name), told.get(f"{name}_interval")
    if not isinstance(value, float):
        return "-"
    if not isinstance(interval, list):
        return f"{value:.0%}"
    low, high = interval
    return f"{value:.0%} ({100 * low:.0f} to {100 * high:.0f})"
