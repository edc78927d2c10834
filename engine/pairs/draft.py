"""What the tracks share: a pair's id, and a phrase that is always the same for an entry."""

from collections.abc import Sequence
from hashlib import sha256

from engine.domain import PreferencePair, Profile, Track
from engine.pairs.labels import Label


def pair(
    profile: Profile,
    label: Label,
    *,
    track: Track,
    topic: str,
    origin: str,
    prompt: str,
    chosen: str,
    rejected: str,
    held_out: bool = False,
    made: str = "bank",
) -> PreferencePair:
    """A pair whose id follows from reader, track and origin, so that edits survive rebuilding.

    Args:
        label: what decided the sides; the texts come in the order it asks for.
    """
    key = "\n".join((profile.reader_id, track, origin))
    return PreferencePair(
        id=sha256(key.encode()).hexdigest()[:12],
        reader_id=profile.reader_id,
        track=track,
        trait_id=label.trait_id,
        topic=topic,
        prompt=prompt,
        chosen=chosen,
        rejected=rejected,
        origin=origin,
        held_out=held_out,
        stance=label.stance,
        evidence=label.evidence,
        made=made,
    )


def phrased(phrases: Sequence[str], key: str) -> str:
    """One of the phrases, the same one for the same key on every machine."""
    return phrases[int.from_bytes(sha256(key.encode()).digest()[:4]) % len(phrases)]
