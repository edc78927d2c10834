"""Pairs from a file into the store: ours as they were, other people's as pairs of this reader.

Rows go into the store a stretch at a time, all in one change that undo takes back; a refusal on
the way, even in the last line, leaves the store as it was. Of our own rows each comes back as the
pair it was. A row of somebody else's has texts and nothing more: the person says what it is about,
its id follows from its texts, and whether it is held out from its prompt, so that loading it again
adds nothing and pairs of one prompt stay together.
"""

from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import chain, islice
from pathlib import Path, PurePath

from engine.domain import PreferencePair, Skipped, Track
from engine.frameworks import all_dimensions, all_statements, dimensions, genres
from engine.pair_files.own_fields import TEXTS, Texts, own_record, pair_of
from engine.pair_files.reading import OpenPairs, opened_pairs
from engine.pair_files.shapes import TEXTS_OF
from engine.pairs.split import HELD_OUT_SHARE, held_topics
from engine.sources.chosen import Skips
from engine.sources.dialogue import refuse_unpaired
from engine.sources.opening import Watch, at_hand, unwatched
from engine.sources.records import BadRow, Record, one_line
from engine.sources.rows import digest
from engine.store import pairs as pair_rows
from engine.store.database import Store, change, opened
from models.errors import BadInput

ROWS_STORED_AT_ONCE = 1000
IMPORTED = "imported"
TRACK_OF_NO_TRAIT: Track = "descriptions"
"""Of a text that was preferred to another, nobody knows for which trait."""
_TRACKS: dict[str, Track] = {
    "interests": "interests",
    "aversions": "interests",
    "ocean": "personality",
    "hofstede": "values",
    "schwartz": "values",
    "wvs": "values",
}


@dataclass(frozen=True)
class About:
    """What a person says of somebody else's pairs."""

    track: Track | None = None
    """None: the one that the trait belongs to."""
    trait_id: str | None = None


NOTHING_SAID = About()


@dataclass(frozen=True)
class PairsLoaded:
    """What a file of pairs held."""

    reader: str
    format: str
    """Whose fields it has, such as `studio` or `hh`."""
    container: str
    """`json`, `csv` or `parquet`."""
    pairs: int
    """In the file and taken."""
    added: int
    changed: int
    same: int
    held_out: int
    """Of those taken."""
    skipped: tuple[Skipped, ...]
    skipped_unlisted: int = 0
    remark: str = ""
    """Where the file is not what its name or the format that was asked for promised: how it was
    read."""

    @property
    def place(self) -> str:
        """What `Skipped.line` counts."""
        return "row" if self.container == "parquet" else "line"

    def as_json(self) -> dict[str, object]:
        return {**vars(self), "skipped": [vars(row) for row in self.skipped]}


@dataclass(frozen=True)
class _Found:
    """A pair in the file, not yet held against the store."""

    line: int
    pair: PreferencePair
    is_ours: bool


def load_pairs(
    data_dir: Path,
    reader_id: str,
    path: Path | None,
    format_name: str | None = None,
    about: About = NOTHING_SAID,
    watch: Watch = unwatched,
) -> PairsLoaded:
    """Store the pairs of a file: changed ones in their place, new ones behind the last.

    Rows that are no pair of this reader are left out and listed.

    Args:
        path: None or `-`: standard input.
        format_name: one of `READ_FORMATS`; None tells it by the content.
        about: what other people's pairs are about; our own say so themselves.
        watch: hears how many bytes of the file have been read; what it raises ends the loading.

    Raises:
        BadInput: the file cannot be read, no row of it is a pair of this reader, or there is no
            such trait; nothing was stored.
    """
    about = _checked(about)
    skips = Skips()
    with at_hand(path, watch) as file, opened_pairs(file, format_name) as source:
        stretches = _stretches(_found(source, reader_id, PurePath(file.name).name, about, skips))
        # The first stretch is read before the store is locked.
        first = next(stretches, [])
        counts = _Counts()
        with opened(data_dir) as db, change(db, "Load pairs"):
            held = pair_rows.held_out_answers(db, reader_id)
            for stretch in chain([first], stretches):
                pair_rows.save(
                    db, reader_id, _to_store(db, stretch, reader_id, about, skips, counts, held)
                )
            if not counts.taken:
                raise _nothing(file.name, source, skips)
    return PairsLoaded(
        reader=reader_id,
        format=source.format,
        container=source.container,
        pairs=counts.taken,
        added=counts.added,
        changed=counts.taken - counts.added - counts.same,
        same=counts.same,
        held_out=counts.held_out,
        skipped=skips.in_order(),
        skipped_unlisted=skips.unlisted,
        remark=source.remark,
    )


@dataclass
class _Counts:
    taken: int = 0
    added: int = 0
    same: int = 0
    held_out: int = 0


def _found(
    source: OpenPairs, reader_id: str, file_name: str, about: About, skips: Skips
) -> Iterator[_Found]:
    """The pairs of the file that can be this reader's, each once."""
    texts_of = TEXTS_OF[source.format]
    line_of: dict[int, int] = {}
    for record in source.records:
        if isinstance(record, Skipped):
            skips.add(record)
            continue
        try:
            found = _pair(record, texts_of, reader_id, file_name, about)
            # Numbers rather than ids: a hundred thousand of them take a tenth of the memory.
            first = line_of.setdefault(hash(found.pair.id), record.line)
            if first != record.line:
                raise BadRow(f"It repeats the pair of {source.place} {first}.")
        except BadRow as bad:
            skips.add(Skipped(record.line, str(bad)))
            continue
        yield found


def _pair(
    record: Record,
    texts_of: Callable[[Record, bool], Texts],
    reader_id: str,
    file_name: str,
    about: About,
) -> _Found:
    own = own_record(record)
    texts = texts_of(record, own is not None)
    refuse_unpaired(*texts)
    if own is None:
        return _Found(record.line, _imported(texts, reader_id, file_name, about), False)
    pair = pair_of(texts, own)
    if pair.reader_id != reader_id:
        raise BadRow(f"It is a pair of the reader {pair.reader_id[:60]!r}.")
    return _Found(record.line, pair, True)


def _imported(texts: Texts, reader_id: str, file_name: str, about: About) -> PreferencePair:
    prompt, chosen, rejected = texts
    return PreferencePair(
        id=digest(reader_id, IMPORTED, prompt, chosen, rejected),
        reader_id=reader_id,
        track=about.track or TRACK_OF_NO_TRAIT,
        trait_id=about.trait_id or "",
        topic=prompt,
        prompt=prompt,
        chosen=chosen,
        rejected=rejected,
        origin=one_line(file_name),
        held_out=is_held_out(prompt),
        made=IMPORTED,
    )


def is_held_out(prompt: str) -> bool:
    """Whether pairs of this prompt are held out: 15 % of all prompts, the same everywhere."""
    drawn = int.from_bytes(sha256(prompt.encode()).digest()[:8])
    return drawn < HELD_OUT_SHARE * 2**64


def _to_store(
    db: Store,
    stretch: Iterable[_Found],
    reader_id: str,
    about: About,
    skips: Skips,
    counts: _Counts,
    held: Container[str],
) -> list[PreferencePair]:
    """The pairs of a stretch that are new or not as they stand in the store.

    Args:
        held: answers held out in the store: somebody else's pair with one of them is held out too.
    """
    found = list(stretch)
    before = pair_rows.with_ids(db, [one.pair.id for one in found])
    wanted = []
    for one in found:
        old = before.get(one.pair.id)
        if old is not None and old.reader_id != reader_id:
            reason = f"The id {one.pair.id!r} is that of a pair of the reader {old.reader_id!r}."
            skips.add(Skipped(one.line, reason))
            continue
        pair = _mended(one, old, about)
        if not one.is_ours and (pair.chosen in held or pair.rejected in held):
            pair = replace(pair, held_out=True)
        counts.taken += 1
        counts.held_out += pair.held_out
        counts.added += old is None
        counts.same += pair == old
        if pair != old:
            wanted.append(pair)
    return wanted


def _mended(found: _Found, old: PreferencePair | None, about: About) -> PreferencePair:
    """The pair as it is to stand in the store, where an older one of its id may be."""
    pair = found.pair
    if old is None:
        return pair
    if not found.is_ours:
        # What the editor has done to it since stays; only what is said anew counts.
        return replace(
            old,
            track=old.track if about.track is None else about.track,
            trait_id=old.trait_id if about.trait_id is None else about.trait_id,
        )
    if any(getattr(pair, name) != getattr(old, name) for name in TEXTS):
        # A changed text is the editor's: marked, so that building again keeps it.
        pair = replace(pair, edited=True)
    # What was once held out is not trained on because a file says so, or says nothing.
    return replace(pair, held_out=pair.held_out or old.held_out or pair.topic in held_topics())


def _checked(about: About) -> About:
    """What was said, with the track that the trait belongs to where none was named."""
    if not about.trait_id:
        return about
    known = {**all_statements(), **all_dimensions()}
    scales = {scale.id for scale in dimensions("aversions")}
    interests = {f"interests.{genre}" for genre in genres()}
    if about.trait_id not in known.keys() | scales | interests:
        raise BadInput(
            f"There is no trait {about.trait_id!r}.",
            "`persona-studio profile show READER` lists them; schwartz.face is one.",
        )
    return replace(about, track=about.track or _TRACKS[about.trait_id.partition(".")[0]])


def _stretches(found: Iterator[_Found]) -> Iterator[list[_Found]]:
    return iter(lambda: list(islice(found, ROWS_STORED_AT_ONCE)), [])


def _nothing(name: str, source: OpenPairs, skips: Skips) -> BadInput:
    skipped = skips.in_order()
    if not skipped:
        return BadInput(f"{name} has no rows.", "Give a file with at least one pair.")
    first = f"{source.place.capitalize()} {skipped[0].line}: {skipped[0].reason}"
    told = f"{name} holds no pair of this reader, read as {source.format}. {first} {source.remark}"
    return BadInput(told.strip(), "Check the reader, the format, and that the file is whole.")
