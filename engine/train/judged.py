"""The pairs that a run is judged by, and what a run's result says of them."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

from transformers import PreTrainedTokenizerBase

from engine.domain import PreferencePair
from engine.train.chat_template import ChatTemplate
from engine.train.choosing import to_look_at
from engine.train.data import Example, TrainingData, tokenise
from engine.train.input_files import NOBODY, Opposite
from engine.train.outcome import Scored, ToldBy, as_json, by_track, figures, verdict
from engine.train.scoring import PairLogps


@dataclass(frozen=True)
class Judged:
    """Held-out pairs, and some of those that are trained on."""

    pairs: Mapping[str, PreferencePair]
    """All that the run was given, by id."""
    held_out: tuple[Example, ...]
    bare: tuple[Example, ...]
    """The held-out pairs without the card in their prompt."""
    opposite: tuple[Example, ...]
    """Those of the held-out pairs that the opposite reader has a say on, under that one's card."""
    looked_at: tuple[Example, ...]
    """The held-out pairs that are scored at every checkpoint."""
    own: tuple[Example, ...]
    """Pairs that are trained on."""

    @property
    def all(self) -> tuple[Example, ...]:
        """What is scored before and after."""
        return (*self.held_out, *self.own)


@dataclass(frozen=True)
class Scores:
    """Log-probabilities by pair id."""

    before: Mapping[str, PairLogps]
    """By the base with the card."""
    after: Mapping[str, PairLogps]
    """By the tuned model with the card."""
    plain: Mapping[str, PairLogps]
    """By the base without a card; of held-out pairs only."""
    opposite: Mapping[str, PairLogps]
    """By the tuned model under the opposite reader's card; of held-out pairs only."""

    def of(self, examples: Iterable[Example]) -> dict[str, Scored]:
        """What was scored of these pairs, by pair id."""
        return {
            key: Scored(
                self.before[key], self.after[key], self.plain.get(key), self.opposite.get(key)
            )
            for key in (example.pair_id for example in examples)
        }


def to_judge(
    data: TrainingData,
    pairs: Mapping[str, PreferencePair],
    tokenizer: PreTrainedTokenizerBase,
    opposite: Opposite = NOBODY,
) -> Judged:
    """Choose the pairs: all held-out ones of the run, some of the others, of every track.

    Args:
        pairs: by id.
    """
    held_out = [pairs[example.pair_id] for example in data.held_out]
    trained = [pairs[example.pair_id] for example in data.own]
    looked_at = {pair.id for pair in to_look_at(held_out)}
    own = {pair.id for pair in to_look_at(trained)}
    template = ChatTemplate(tokenizer)
    return Judged(
        pairs=pairs,
        held_out=data.held_out,
        bare=tuple(tokenise(pair, "", template) for pair in held_out),
        opposite=tuple(
            tokenise(pair, opposite.cards[pair.reader_id], template, opposite.near[pair.id])
            for pair in held_out
            if pair.id in opposite.near
        ),
        looked_at=tuple(ex for ex in data.held_out if ex.pair_id in looked_at),
        own=tuple(ex for ex in data.train if ex.pair_id in own),
    )


def judgement(judged: Judged, scores: Scores, beta: float) -> dict[str, object]:
    """The part of a run's result that says what it learned."""
    held_out = scores.of(judged.held_out)
    in_all = figures([*held_out.values()], beta)
    own = figures([*scores.of(judged.own).values()], beta)
    tracks = by_track(held_out, judged.pairs, beta)
    is_tailored = any(pair.track == "personas" for pair in judged.pairs.values())
    by: ToldBy = "persona" if is_tailored else "card"
    return {
        "held_out": {
            **as_json(in_all),
            "tracks": {track: as_json(told) for track, told in tracks.items()},
        },
        "train": as_json(own),
        "told_by": by,
        "verdict": asdict(verdict(in_all, own, by)),
    }
