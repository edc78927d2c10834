"""The values track: scenes that live by a statement, against scenes that live by its opposite.

GRAVITY's track B: the scenes know no reader; the reader's stance decides which one is chosen.
"""

from collections.abc import Iterator

from engine.bank import scenarios
from engine.domain import PreferencePair, Profile
from engine.frameworks import all_statements
from engine.pairs.addition import NOTHING_ADDED, Addition
from engine.pairs.draft import pair, phrased
from engine.pairs.labels import statement_label

PROMPTS = (
    "Write a short scene that this reader would enjoy.",
    "Give this reader a few lines of a story they would want to go on with.",
    "Which little scene would you put in front of this reader? Write it out.",
    "Open a book for this reader: a handful of sentences, one moment.",
    "Tell this reader something small that happened, the way they like people to live.",
    "A paragraph for this reader's evening: make them nod.",
)


def values_pairs(profile: Profile, added: Addition = NOTHING_ADDED) -> Iterator[PreferencePair]:
    """Three pairs for each statement whose stance is known, and those of added scenes."""
    statements = all_statements()
    for scene in (*scenarios(), *added.scenes):
        found = statement_label(profile, statements[scene.statement])
        if found.side == 0:
            continue
        chosen, rejected = scene.aligned, scene.opposed
        if found.side < 0:
            chosen, rejected = rejected, chosen
        yield pair(
            profile,
            found,
            track="values",
            topic=scene.statement,
            origin=scene.id,
            prompt=phrased(PROMPTS, scene.id),
            chosen=chosen,
            rejected=rejected,
            made=added.made(scene.id),
        )
