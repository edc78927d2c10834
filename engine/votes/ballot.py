"""What a blind round is made of, and the little of it that a voter is shown.

`BlindBallot` is all that may reach a screen, a file, a log or a JSON document before the reveal:
two texts of a book and a code. Who wrote which is in `Seat`, and stays in the store.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Literal, get_args

from models.errors import BadInput

Choice = Literal["left", "right", "tie", "both_bad"]
CHOICES: tuple[Choice, ...] = get_args(Choice)

ORIGINAL = "original"
"""The contestant that no model wrote: the book's own description."""

TAGS: Mapping[str, str] = {
    "fits": "fits this reader",
    "interesting": "makes one want to read it",
    "voice": "better told",
    "clear": "clearer",
    "specific": "more of the book in it",
    "generic": "the other could be any book",
    "overdone": "the other overdoes it",
    "untrue": "the other says what is not so",
    "repeats": "the other repeats itself",
}
"""Why a text was taken, by what is kept of it; a tie or two bad ones may have reasons too."""

Ratings = tuple[int | None, int | None]
"""How much the reader would want to read the book, by the left and by the right text: 1, not at
all, to 5, very much; None where it was not rated."""
NOT_RATED: Ratings = (None, None)
LEAST_RATING, MOST_RATING = 1, 5

MOST_NAME_CHARACTERS = 60


@dataclass(frozen=True)
class Contestant:
    """What one text of a round was written by."""

    id: str
    """The pane's, such as `tuned`; `original` for the book's own description."""
    model_name: str = ""
    """Empty where no model wrote."""
    model_sha256: str = ""
    base_name: str = ""
    """Of a tuned model: the file it was made from."""
    run_id: str | None = None
    with_card: bool = False
    card_of: str | None = None
    """Whose card it was given in the place of the reader's own."""

    @property
    def told(self) -> str:
        """Its name after the reveal: the pane, the model and the beginning of its hash."""
        if not self.model_name:
            return self.id
        digest = f" {self.model_sha256[:12]}" if self.model_sha256 else ""
        return f"{self.id} ({self.model_name}{digest})"


@dataclass(frozen=True)
class VotedText:
    """A text as it is voted on: a copy, so that later edits change no vote."""

    book_id: str
    contestant: Contestant
    text: str
    description_id: int | None = None
    """Where it was taken from; None for the book's own description."""


@dataclass(frozen=True)
class Seat:
    """Two texts of a book, one on each side."""

    code: str
    """Six letters and digits that tell nothing; people copy it from paper."""
    book_id: str
    title: str
    author: str
    genre: str | None
    fiction: bool | None
    """None where nobody knows."""
    left: str
    """The id of the contestant whose text is on the left."""
    right: str

    def winner(self, choice: Choice) -> str | None:
        """The contestant that a choice is for; None for a tie and for both bad."""
        return {"left": self.left, "right": self.right}.get(choice)


@dataclass(frozen=True)
class Vote:
    """What one voter said of one ballot."""

    code: str
    voter: str
    choice: Choice
    tags: tuple[str, ...]
    made_at: datetime
    """UTC."""
    rated: Ratings = NOT_RATED


@dataclass(frozen=True)
class Round:
    """A whole round, with what no voter sees before the reveal."""

    id: str
    reader_id: str
    seed: int
    """The sides and the order were drawn by it."""
    made_at: datetime
    revealed_at: datetime | None
    seats: tuple[Seat, ...]
    texts: tuple[VotedText, ...]
    votes: tuple[Vote, ...]

    @property
    def contestants(self) -> dict[str, Contestant]:
        """By id, in the order in which they were named."""
        return {text.contestant.id: text.contestant for text in self.texts}

    @property
    def books(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(seat.book_id for seat in self.seats))

    def voted(self, book_id: str, contestant: str) -> VotedText:
        """A contestant's text of a book, with where it is from."""
        wanted = (book_id, contestant)
        return next(one for one in self.texts if (one.book_id, one.contestant.id) == wanted)

    def text(self, book_id: str, contestant: str) -> str:
        """What a contestant wrote of a book."""
        return self.voted(book_id, contestant).text

    def by(self, voter: str) -> dict[str, Vote]:
        """A voter's votes by ballot, in the order in which they were cast."""
        return {vote.code: vote for vote in self.votes if vote.voter == voter}


@dataclass(frozen=True)
class BlindBallot:
    """What a voter is shown."""

    round_id: str
    code: str
    number: int
    """From 1 on."""
    of: int
    title: str
    author: str
    left: str
    right: str
    vote: Vote | None = None
    """What this voter said of it before."""

    def as_json(self) -> dict[str, object]:
        told = asdict(self)
        vote = self.vote
        if vote is None:
            return {**told, "vote": None}
        left, right = vote.rated
        said = {"choice": vote.choice, "why": list(vote.tags), "rated": [left, right]}
        return {**told, "vote": said}


def blind(whole: Round, voter: str) -> tuple[BlindBallot, ...]:
    """The ballots of a round as a voter may see them, in the order drawn."""
    said = whole.by(voter)
    return tuple(
        BlindBallot(
            whole.id,
            seat.code,
            number,
            len(whole.seats),
            seat.title,
            seat.author,
            whole.text(seat.book_id, seat.left),
            whole.text(seat.book_id, seat.right),
            said.get(seat.code),
        )
        for number, seat in enumerate(whole.seats, 1)
    )


def voter_name(text: str) -> str:
    """A voter's name as it is kept: on one line.

    Raises:
        BadInput: it is empty or too long.
    """
    name = " ".join(text.split())
    if not name or not name.isprintable():
        raise BadInput("A vote needs the name of whoever casts it.", "Such as: --voter ana.")
    if len(name) > MOST_NAME_CHARACTERS:
        raise BadInput(
            f"{name[:20]!r}… is too long for a voter's name.",
            f"{MOST_NAME_CHARACTERS} characters are the most.",
        )
    return name


def checked_ratings(rated: Ratings) -> Ratings:
    """Ratings as they are.

    Raises:
        BadInput: one is not from 1 to 5.
    """
    for one in rated:
        if one is not None and not LEAST_RATING <= one <= MOST_RATING:
            raise BadInput(
                f"{one} is no rating.", "Rate from 1, not at all, to 5, very much to be read."
            )
    return rated


def checked_tags(tags: tuple[str, ...]) -> tuple[str, ...]:
    """The reasons of a vote, each once.

    Raises:
        BadInput: one is not known.
    """
    for tag in tags:
        if tag not in TAGS:
            raise BadInput(
                f"{tag!r} is no reason that is counted.", f"There are {', '.join(TAGS)}."
            )
    return tuple(dict.fromkeys(tags))
