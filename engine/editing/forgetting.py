"""A review is forgotten for good: what was read out of it goes, and what still carries it is named.

The profile is assembled again from what is left, without a model. Pairs, descriptions, models and
the editor's own words are not touched: they are the editor's to build again or to keep.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from engine.domain import Description, PreferencePair, Profile, Review, Run, Trait
from engine.editing.material import material_of, quotes_were_kept
from engine.near_book import forget_near
from engine.pairs.bearing import sayings_of
from engine.pairs.opposite import opposite
from engine.pairs.standing import grounds
from engine.profile.assemble import assembled, blank_profile
from engine.profile.card_items import sifted
from engine.profile.words import words as words_of
from engine.runs import forget_runs, run_dir, runs
from engine.store import cards as card_rows
from engine.store import descriptions as description_rows
from engine.store import forgotten as forgotten_rows
from engine.store import pairs as pair_rows
from engine.store import profiles as profile_rows
from engine.store import readers as reader_rows
from engine.store.cards import EditedCard
from engine.store.database import Store, opened
from engine.train.beginning import begins_with
from engine.train.input_files import read_near, read_opposite, read_pairs
from models.errors import BadInput

QUOTED_WORDS = 6
"""So many words in a row that a review has too are taken for a quote of it."""


@dataclass(frozen=True)
class TraitChange:
    """A trait before and after a review was forgotten."""

    id: str
    before: Trait
    after: Trait


@dataclass(frozen=True)
class Mention:
    """A text that quotes a forgotten review, or was written with what only it told."""

    kind: Literal["card", "pair", "description", "reason"]
    id: str
    """The reader of the card, the pair, the description, or the trait whose override gives the
    reason."""
    book_id: str = ""
    """Of a description."""


@dataclass(frozen=True)
class ForgottenReview:
    """What forgetting a review changed, and what it could not reach."""

    review_id: str
    changed: tuple[TraitChange, ...]
    """Traits that count for something else now."""
    pairs: tuple[str, ...]
    """Ids of the pairs in use whose side was read from a trait that gives it no longer."""
    edited_pairs: tuple[str, ...]
    """Those among such pairs that the editor changed: building again keeps them."""
    runs: tuple[Run, ...]
    """Training runs with such pairs, or with a card that told what is not so any more, and their
    exports."""
    mentions: tuple[Mention, ...]


def forget_review(data_dir: Path, reader_id: str, review_id: str) -> ForgottenReview:
    """Delete a review with all that was read out of it; undo does not bring it back.

    Importing its file again does not either. The editor's overrides stay.

    Raises:
        BadInput: there is no such reader or review, or the profile is being built just now.
    """
    with opened(data_dir) as db:
        own_id = reader_rows.find(db, reader_id).id
        review = reader_rows.find_review(db, own_id, review_id)
        _refuse_while_building(data_dir, own_id)
        others = forget_runs(data_dir, own_id)
        forget_near(data_dir, own_id)
        before, after = _forget(db, review)
        pairs = pair_rows.of_reader(db, own_id)
        card = card_rows.find(db, own_id)
        written = description_rows.written_from(db, own_id)
    lost = _words_lost(before, after)
    reasons = {trait.id: trait.override.reason for trait in after.traits if trait.override}
    resting = [pair for pair in _without_ground(pairs, before, after) if not pair.dropped]
    return ForgottenReview(
        review_id,
        changed=tuple(_changes(before, after)),
        pairs=tuple(pair.id for pair in resting),
        edited_pairs=tuple(pair.id for pair in resting if pair.edited),
        runs=tuple(_carrying(data_dir, others, review, before, after)),
        mentions=tuple(_mentions(review, card, lost, pairs, written, reasons)),
    )


def _forget(db: Store, review: Review) -> tuple[Profile, Profile]:
    """Delete a review and assemble the profile anew; the profile before and after."""
    with forgotten_rows.for_good(db):
        before = profile_rows.find(db, review.reader_id)
        left = _traits_without(db, before, review.id) if before else ()
        forgotten_rows.forget_review(db, review)
        if before is None:
            nothing = blank_profile(review.reader_id, sensitive=False)
            return nothing, nothing
        profile_rows.save_traits(db, review.reader_id, left)
        return before, profile_rows.built(db, review.reader_id)


def _refuse_while_building(data_dir: Path, reader_id: str) -> None:
    for run in runs(data_dir, "profile", reader_id):
        if run.state == "running":
            raise BadInput(
                f"The profile of {reader_id!r} is being built from this review just now.",
                "Wait for it, or stop it: esc on the Profile screen, or "
                f"`persona-studio runs stop {run.id}`.",
            )


def _traits_without(db: Store, profile: Profile, review_id: str) -> tuple[Trait, ...]:
    """The extracted traits from everything but one review."""
    material = material_of(db, profile)
    if quotes_were_kept(profile, material.findings):
        return assembled(material.without(review_id))
    plain = profile_rows.extracted(db, profile.reader_id)
    assert plain is not None
    return tuple(_without_quotes(trait, review_id) for trait in plain.traits)


def _without_quotes(trait: Trait, review_id: str) -> Trait:
    """A trait whose findings were not kept: unknown as soon as it loses a quote."""
    left = tuple(span for span in trait.evidence if span.review_id != review_id)
    if len(left) == len(trait.evidence):
        return trait
    note = "It rested on a review that was forgotten. Build the profile again."
    return Trait(trait.id, trait.framework, 0.0, 0.0, "unknown", left, note=note)


def _changes(before: Profile, after: Profile) -> Iterator[TraitChange]:
    for trait in before.traits:
        now = after.trait(trait.id)
        if now is not None and _counts_as(trait) != _counts_as(now):
            yield TraitChange(trait.id, trait, now)


def _counts_as(trait: Trait) -> tuple[bool, str | None, float, float]:
    score, confidence = trait.effective_score, trait.effective_confidence
    return trait.is_known, trait.effective_value, round(score, 2), round(confidence, 2)


def _without_ground(
    pairs: Sequence[PreferencePair], before: Profile, after: Profile
) -> list[PreferencePair]:
    grounded = zip(pairs, grounds(pairs, before), grounds(pairs, after), strict=True)
    return [pair for pair, then, now in grounded if then != now]


def _mentions(
    review: Review,
    card: EditedCard | None,
    lost: Iterable[str],
    pairs: Iterable[PreferencePair],
    written: Iterable[Description],
    reasons: Mapping[str, str],
) -> Iterator[Mention]:
    if card and (_quotes(card.text, review) or _tells(card.text, lost)):
        yield Mention("card", review.reader_id)
    for pair in pairs:
        if _quotes(_texts_of(pair), review) or _tells("\n".join(pair.near), lost):
            yield Mention("pair", pair.id)
    for one in written:
        texts = "\n".join((one.text, one.edited_text or ""))
        if _quotes(texts, review) or _tells("\n".join(one.near), lost):
            yield Mention("description", str(one.id), one.book_id)
    for trait_id, reason in reasons.items():
        if _quotes(reason, review):
            yield Mention("reason", trait_id)


def _texts_of(pair: PreferencePair) -> str:
    return "\n".join((pair.prompt, pair.chosen, pair.rejected))


def _quotes(told: str, review: Review) -> bool:
    """Whether a text has several words of the review in a row, or the whole of a short one."""
    of_review, of_text = list(words_of(f"{review.title} {review.text}")), list(words_of(told))
    length = min(QUOTED_WORDS, len(of_review))
    return length > 0 and not _runs_of(of_review, length).isdisjoint(_runs_of(of_text, length))


def _runs_of(told: Sequence[str], length: int) -> set[tuple[str, ...]]:
    return {tuple(told[at : at + length]) for at in range(len(told) - length + 1)}


def _carrying(
    data_dir: Path, others: Sequence[Run], review: Review, before: Profile, after: Profile
) -> Iterator[Run]:
    lost = _words_lost(before, after)
    carrying: set[str] = set()
    rests_on: dict[str, set[object]] = {}
    for run in others:
        if not (file := run_dir(data_dir, run.id).job).exists():
            continue
        job = json.loads(file.read_text())
        begun = begins_with(job).get("run_id")
        rests_on[run.id] = {job.get("train_run_id"), begun} - {None}
        is_own = run.kind == "train" and before.reader_id in job.get("reader_ids", ())
        is_lost = begun is not None and not run_dir(data_dir, str(begun)).job.exists()
        if is_lost or (is_own and _is_trained_with(data_dir, run, review, before, after, lost)):
            carrying.add(run.id)
    while more := {run for run, bases in rests_on.items() if bases & carrying} - carrying:
        carrying |= more
    yield from (run for run in others if run.id in carrying)


def _is_trained_with(
    data_dir: Path, run: Run, review: Review, before: Profile, after: Profile, lost: set[str]
) -> bool:
    """Whether a run's pairs or card still tell what is gone; one that cannot be read may well."""
    try:
        path = run_dir(data_dir, run.id).path
        pairs, cards = read_pairs(path)
        card = str(cards[before.reader_id])
        near, turned = read_near(path), read_opposite(path)
    except (OSError, ValueError, TypeError, KeyError):
        return True
    own = [pair for pair in pairs if pair.reader_id == before.reader_id]
    turned_lost = _words_lost(opposite(before), opposite(after))
    texts = [card, *map(_texts_of, own)]
    return (
        bool(_without_ground(own, before, after))
        or _tells(card, lost)
        or any(_tells(said, lost) for pair in own for said in near.get(pair.id, ()))
        or _tells(turned.cards.get(before.reader_id, ""), turned_lost)
        or any(_quotes(told, review) for told in texts)
    )


def _words_lost(before: Profile, after: Profile) -> set[str]:
    """What a card, or a prompt below its request, could say of the reader and can say no more."""
    now = {(item.trait_id, item.section, item.words) for item in sifted(after, "choose").items}
    then = {
        item.words.casefold()
        for item in sifted(before, "choose").items
        if (item.trait_id, item.section, item.words) not in now
    }
    return then | {said.casefold() for said in _said(before) - _said(after)}


def _said(profile: Profile) -> set[str]:
    sayings = sayings_of(profile)
    return {*sayings.statements.values(), *sayings.facets.values(), *sayings.angles.values()}


def _tells(card: str, lost: Iterable[str]) -> bool:
    told = card.casefold()
    return any(re.search(rf"(?<!\w){re.escape(words)}(?!\w)", told) for words in lost)
