"""Coverage: which traits are tested on which tracks, and where a known trait has no pair at all."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from engine.bank import angles, questions, scenarios
from engine.domain import TRACKS, PreferencePair, Profile, Track
from engine.frameworks import VALUE_FRAMEWORKS, all_statements, dimensions, genres
from engine.pairs.descriptions import ANGLES, AXES, angle_label
from engine.pairs.doctor.finding import Found, agree, many
from engine.pairs.doctor.patient import Patient
from engine.pairs.labels import side
from engine.pairs.standing import axis_of, genres_of

SEVERAL_ROWS = (
    "A pair of interests stands in the rows of both its genres, a description in those of every "
    "value of its two angles: the rows add up to more than the pairs."
)


@dataclass(frozen=True)
class Row:
    """One trait of the grid: a dimension, a Big Five trait or a genre."""

    trait_id: str
    is_known: bool
    """Whether the profile tells a side of it, or of a statement or facet under it."""
    pairs: dict[Track, int]
    """Training and held-out pairs by track; only the tracks on which the bank can test it. No
    description tells the values between which a reader does not lean."""

    @property
    def holes(self) -> tuple[Track, ...]:
        """The tracks on which it is known and has no pair."""
        return tuple(track for track, number in self.pairs.items() if self.is_known and not number)


def coverage(patient: Patient) -> Found | None:
    """Known traits without a pair on a track that could test them."""
    rows = grid(patient.used, patient.profile)
    holes = [track for row in rows for track in row.holes]
    if not holes:
        return None
    by_track = Counter(holes)
    told = ", ".join(f"{by_track[track]:,} on {track}" for track in TRACKS if by_track[track])
    known = sum(row.is_known for row in rows)
    return Found(
        f"{many(len(holes), 'hole')} in the grid, where a trait is known and no pair tests it: "
        f"{told}. Of {len(rows):,} traits, {known:,} {agree(known, 'is', 'are')} known."
    )


def grid(pairs: Iterable[PreferencePair], profile: Profile | None) -> list[Row]:
    """All traits that the bank can test, in the order of the frameworks, genres last."""
    counted = Counter((trait, pair.track) for pair in pairs for trait in set(traits_of(pair)))
    known, angled = _known(profile), _angled(profile)
    return [
        Row(
            trait,
            trait in known,
            {
                track: counted[trait, track]
                for track in tracks
                if track != "descriptions" or trait in angled or counted[trait, track]
            },
        )
        for trait, tracks in _testable()
    ]


def traits_of(pair: PreferencePair) -> tuple[str, ...]:
    """The traits of the grid that a pair tests."""
    if pair.track == "interests":
        return tuple(f"interests.{genre}" for genre in genres_of(pair)) or (pair.trait_id,)
    if pair.track == "descriptions":
        angled = (f"schwartz.{name}" for angle in axis_of(pair) for name in ANGLES.get(angle, ()))
        return tuple(angled) or (pair.trait_id,)
    return (_whole(pair.topic if pair.topic in all_statements() else pair.trait_id),)


def _whole(trait_id: str) -> str:
    """The dimension of a statement, or the Big Five trait of a facet: the first two parts."""
    return ".".join(trait_id.split(".")[:2])


def _known(profile: Profile | None) -> set[str]:
    traits = profile.traits if profile else ()
    return {_whole(trait.id) for trait in traits if side(trait)}


def _angled(profile: Profile | None) -> set[str]:
    """The values on an axis of angles on which the reader leans."""
    return {
        f"schwartz.{name}"
        for axis in AXES
        for angle in axis
        for name in ANGLES[angle]
        if profile and angle_label(profile, *axis)
    }


def _testable() -> Iterator[tuple[str, tuple[Track, ...]]]:
    in_scenes = {_whole(scene.statement) for scene in scenarios()}
    asked = {_whole(question.facet) for question in questions()}
    angled = {f"schwartz.{name}" for names in ANGLES.values() for name in names}
    for framework in (*VALUE_FRAMEWORKS, "ocean"):
        for dimension in dimensions(framework):
            can: dict[Track, bool] = {
                "values": dimension.id in in_scenes,
                "personality": dimension.id in asked,
                "descriptions": bool(angles()) and dimension.id in angled,
            }
            if dimension.parent is None and any(can.values()):
                yield dimension.id, tuple(track for track, is_so in can.items() if is_so)
    yield from ((f"interests.{genre}", ("interests",)) for genre in genres())
