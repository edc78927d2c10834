"""From preference examples and personas to the pairs of a tailoring, and which are held out.

Whoever prefers the rejected answer has the pair turned round. A pair's persona stands in `Near`, as
a reader's sentences do, and the other side's in `Opposite`: the trainer, its mirror images and its
figures are those of story G.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from engine.domain import PreferenceExample, PreferencePair
from engine.personas.domain import SIDES, Persona, Side, other_side
from engine.train.config import PersonaSet
from engine.train.input_files import Near, Opposite
from models.chat_tokens import token_pattern
from models.errors import BadInput

DATASET = "dataset:"
"""How the subject of a dataset's run begins, where others have the id of a reader."""
HELD_OUT_SHARE = 0.2
TRAIT = "persona."
"""With a side: the trait of a tailoring's pair."""

Known = Mapping[Side, str]
"""The personas of an example that may be used, by side."""


@dataclass(frozen=True)
class TailoringSet:
    """The pairs of a tailoring, with who is asking in each."""

    pairs: tuple[PreferencePair, ...]
    near: Near
    """The persona of each pair; pairs of nobody's are not in it."""
    opposite: Opposite
    """The other side's: of held-out pairs, and of those that are mirrored."""
    left_out: Mapping[str, Sequence[str]]
    """Ids of the examples that gave no pair, by why."""
    note: str


def subject_of(dataset_id: str) -> str:
    """What a dataset is called among the readers that runs are for."""
    return DATASET + dataset_id


def is_dataset(subject: str) -> bool:
    return subject.startswith(DATASET)


def dataset_of(subjects: Sequence[str]) -> str | None:
    """The dataset that a run is for; None where it is for readers.

    Raises:
        BadInput: it is for more than one dataset, or for readers too.
    """
    if not any(map(is_dataset, subjects)):
        return None
    if len(set(subjects)) > 1:
        raise BadInput("A training is for one dataset, or for readers.", "Start two.")
    return subjects[0].removeprefix(DATASET)


def tailoring_set(
    examples: Sequence[PreferenceExample],
    personas: Iterable[Persona],
    which: PersonaSet,
    unchecked: bool = False,
    mirror: bool = False,
) -> TailoringSet:
    """The pairs of a tailoring.

    `none` takes the examples that `chosen` would, so that a baseline differs by the personas alone;
    all of them where no persona was made.

    Args:
        unchecked: take personas that were not checked too; one that failed its check never is.
        mirror: of `both`, train on the pairs of those who prefer the chosen answer, and on the
            others as their mirror images.

    Raises:
        BadInput: no pair is left to train on.
    """
    known = usable(personas, unchecked)
    wanted: dict[PersonaSet, tuple[Side, ...]] = {"both": SIDES, "none": ("chosen",)}
    sides = wanted.get(which) or tuple(side for side in SIDES if side == which)
    pairs: list[PreferencePair] = []
    left_out: defaultdict[str, list[str]] = defaultdict(list)
    for example in examples:
        mine = known.get(example.id, {})
        if why := _why_not(example, mine, sides, needed=bool(known) or which != "none"):
            left_out[why].append(example.id)
            continue
        told = tuple(side for side in sides if which == "none" or side in mine)
        held_out = is_held_out(example.prompt)
        if mirror and len(told) > 1 and not held_out:
            told = ("chosen",)
        pairs += (pair_of(example, side, held_out) for side in told)
    _refuse_empty(pairs, examples, unchecked)
    if which == "none":
        return TailoringSet(tuple(pairs), {}, Opposite(), left_out, "")
    near = {pair.id: (known[pair.origin][side_of(pair)],) for pair in pairs}
    opposed = {
        pair.id: (known[pair.origin][other],)
        for pair in pairs
        if pair.held_out or (mirror and which == "both")
        for other in (other_side(side_of(pair)),)
        if other in known[pair.origin]
    }
    note = "Personas that were not checked are taken too." if unchecked else ""
    cards = {pair.reader_id: "" for pair in pairs}
    return TailoringSet(tuple(pairs), near, Opposite(cards, opposed), left_out, note)


def usable(personas: Iterable[Persona], unchecked: bool = False) -> dict[str, dict[Side, str]]:
    """The personas that may be trained on, by example and side."""
    known: defaultdict[str, dict[Side, str]] = defaultdict(dict)
    for persona in personas:
        if persona.passed or (unchecked and persona.state == "unchecked"):
            known[persona.example_id][persona.side] = persona.text
    return dict(known)


def pair_of(example: PreferenceExample, side: Side, held_out: bool = False) -> PreferencePair:
    """An example as whoever prefers one side of it has it."""
    texts: dict[Side, str] = {"chosen": example.chosen, "rejected": example.rejected}
    return PreferencePair(
        id=f"{example.id}/{side}",
        reader_id=subject_of(example.dataset_id),
        track="personas",
        trait_id=TRAIT + side,
        topic=topic_of(example.prompt),
        prompt=example.prompt,
        chosen=texts[side],
        rejected=texts[other_side(side)],
        origin=example.id,
        held_out=held_out,
        made="imported",
    )


def side_of(pair: PreferencePair) -> Side:
    """Whose pair of an example it is."""
    return next(side for side in SIDES if pair.trait_id == TRAIT + side)


def topic_of(prompt: str) -> str:
    """What a prompt must not be split from: a hash of the first thing that the person said.

    Dialogues that begin alike go together, and so does a question asked alone.
    """
    first = prompt.removeprefix("Human:").partition("\n\nAssistant:")[0]
    return sha256(" ".join(first.casefold().split()).encode(errors="replace")).hexdigest()[:16]


def is_held_out(prompt: str) -> bool:
    """Whether a prompt is kept for the evaluation: by its words alone, so that it always is."""
    return int(topic_of(prompt), 16) < HELD_OUT_SHARE * 16**16


def _why_not(
    example: PreferenceExample, known: Known, sides: Sequence[Side], needed: bool
) -> str | None:
    """Why an example gives no pair; None where it gives one."""
    if any(map(token_pattern().search, (example.prompt, example.chosen, example.rejected))):
        return "its text holds tokens of a chat template"
    if needed and not any(side in known for side in sides):
        return "it has no persona that passed its check"
    return None


def _refuse_empty(
    pairs: Sequence[PreferencePair], examples: Sequence[PreferenceExample], unchecked: bool
) -> None:
    if any(not pair.held_out for pair in pairs):
        return
    dataset = examples[0].dataset_id if examples else "DATASET"
    raise BadInput(
        f"Of the {len(examples):,} pairs of {dataset!r} none is left to train on.",
        "Infer personas and check them: i and k on the Persona screen, or "
        f"`persona-studio persona infer {dataset}`, then `persona check {dataset}`."
        + ("" if unchecked else " Those that were not checked can be taken too (`--unchecked`)."),
    )
