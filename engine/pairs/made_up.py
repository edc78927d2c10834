"""Made-up readers, who learn beside a real one: what is learned from all of them is to read a card.

Their sides are drawn scale by scale with a fixed seed, so that statements of a scale agree and
labels flip from one reader to the next. They are never in the store, and on no screen.
"""

import random
from datetime import UTC, datetime
from itertools import zip_longest
from math import ceil

from engine.domain import TRACKS, PreferencePair, Profile, Trait
from engine.frameworks import all_dimensions, all_statements, genres
from engine.pairs.build import pairs_for
from engine.pairs.choice import PairChoice

MADE_UP = "/made-up/"
"""Begins the ids of made-up readers, and no others: those of readers hold no slash."""
READERS = 8
"""Where no more pairs are asked for than a few of each."""
PAIRS_OF_EACH = 20
"""Of a made-up reader, where many are asked for: more pairs are of more readers."""
SURE = 0.6
"""Score and confidence of every made-up trait."""


def made_up_reader(number: int) -> Profile:
    """A reader who stands at one end of every scale, with the statements that say so."""
    drawn = random.Random(100 + number)
    ends = {scale: drawn.choice((-SURE, SURE)) for scale in all_dimensions()}
    traits = [
        Trait(one.id, one.framework, ends[one.dimension] * one.pole, SURE, "known")
        for one in all_statements().values()
    ]
    traits += [
        Trait(scale.id, scale.framework, ends[scale.parent or scale.id], SURE, "known")
        for scale in all_dimensions().values()
    ]
    traits += [
        Trait(f"interests.{genre}", "interests", drawn.choice((-SURE, SURE)), SURE, "known")
        for genre in genres()
    ]
    return Profile(f"{MADE_UP}{number}", "none", tuple(traits), datetime.now(UTC))


def companions(count: int, seed: int) -> list[tuple[Profile, list[PreferencePair]]]:
    """Made-up readers with so many training pairs in all, evenly of readers and tracks.

    None of them is held out for anybody: what is held out is held out for every reader.
    """
    most = max(READERS, ceil(count / PAIRS_OF_EACH))
    readers = [made_up_reader(number) for number in range(most)]
    offered = [_in_turns_of_tracks(reader, seed, number) for number, reader in enumerate(readers)]
    in_turns = [pair for turn in zip_longest(*offered) for pair in turn if pair is not None]
    taken = {pair.id for pair in in_turns[:count]}
    own = [[pair for pair in pairs if pair.id in taken] for pairs in offered]
    return [(reader, pairs) for reader, pairs in zip(readers, own, strict=True) if pairs]


def _in_turns_of_tracks(reader: Profile, seed: int, number: int) -> list[PreferencePair]:
    """A reader's training pairs; each reader begins with another track."""
    pairs = [pair for pair in pairs_for(reader, PairChoice(answers=1)) if not pair.held_out]
    random.Random(f"{seed}/{number}").shuffle(pairs)
    first = number % len(TRACKS)
    tracks = (*TRACKS[first:], *TRACKS[:first])
    of_track = [[pair for pair in pairs if pair.track == track] for track in tracks]
    return [pair for turn in zip_longest(*of_track) for pair in turn if pair is not None]
