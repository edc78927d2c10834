"""What the three tracks share: a pair's id, and a phrase that is always the same for an entry."""

from collections.abc import Sequence
from hashlib import sha256

from engine.domain import PreferencePair, Profile, Track


def pair(
    profile: Profile,
    *,
    track: Track,
    trait_id: str,
    topic: str,
    origin: str,
    prompt: str,
    chosen: str,
    rejected: str,
) -> PreferencePair:
    """A pair whose id follows from reader, track and origin, so that edits survive rebuilding."""
    key = "\n".join((profile.reader_id, track, origin))
    return PreferencePair(
        id=sha256(key.encode()).hexdigest()[:12],
        reader_id=profile.reader_id,
        track=track,
        trait_id=trait_id,
        topic=topic,
        prompt=prompt,
        chosen=chosen,
        rejected=rejected,
        origin=origin,
    )


def phrased(phrases: Sequence[str], key: str) -> str:
    """One of the phrases, the same one for the same key on every machine."""
    return phrases[int.from_bytes(sha256(key.encode()).digest()[:4]) % len(phrases)]
