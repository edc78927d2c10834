"""Reviews cut for a chat model: numbered sentences, as many at a time as it has room for."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from engine.domain import Review
from engine.profile.sentences import Span, sentences
from engine.profile.words import count_words

LEAST_WORDS = 5
"""A shorter review is not asked about."""
MOST_WORDS = 1200
"""Of a review in one request; a longer one is cut between sentences."""
BYTES_A_TOKEN = 3
"""A token is rarely shorter: some 4 of English, 3 of Chinese, where it is one character."""
_WITHOUT_SPACES = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\u0e00-\u0e7f]")

_NOBODYS = (
    "The parcel came on a Tuesday. There are 312 pages in twelve chapters, with a map before the "
    "first. The story begins in a harbour and ends in the same harbour a year later. The print is "
    "of the usual size. A second volume is announced for spring."
)


@dataclass(frozen=True)
class Room:
    """How a model's context is shared out, in tokens."""

    piece: int
    reply: int
    sheet: int
    """What the statements of a sheet may take, the task and the examples beside them."""

    @classmethod
    def of(cls, context: int) -> "Room":
        """A quarter for the review, an eighth for the reply, what is left for the sheet."""
        piece, reply, task = context // 4, min(1024, context // 8), 700
        return cls(piece, reply, max(200, context - piece - reply - task))


@dataclass(frozen=True)
class Piece:
    """A review, or as much of it as fits one request."""

    review_id: str
    spans: tuple[Span, ...]
    """Its sentences; the model names them by number, from 1."""
    is_whole: bool

    @property
    def name(self) -> str:
        """Which part of its review it is; empty for the whole."""
        return "" if self.is_whole else f"[{self.spans[0].start}:{self.spans[-1].end}]"

    @property
    def sentences(self) -> tuple[str, ...]:
        return tuple(span.quote for span in self.spans)

    @property
    def most_judgements(self) -> int:
        """How many a reply may hold: eight, and more only of a long text."""
        return max(8, len(self.spans) // 3)


def piece_without_reviewer() -> Piece:
    """A text of ours that shows nothing of anybody; who finds something in it, finds too much."""
    return Piece("", tuple(sentences(_NOBODYS)), True)


def pieces(reviews: Iterable[Review], most_tokens: int) -> Iterator[Piece]:
    """What there is to ask about, review by review; very short ones are left out."""
    for review in reviews:
        if _words(review.text) < LEAST_WORDS:
            continue
        parts = list(_parts(_spans(review.text, most_tokens), most_tokens))
        for part in parts:
            yield Piece(review.id, part, len(parts) == 1)


def tokens_at_most(text: str) -> int:
    """A guess at a text's tokens that is rarely too low."""
    return -(-len(text.encode()) // BYTES_A_TOKEN)


def _words(text: str) -> int:
    """The words of a text; two characters to a word where no spaces are written."""
    return count_words(text) + len(_WITHOUT_SPACES.findall(text)) // 2


def _spans(text: str, most_tokens: int) -> Iterator[Span]:
    """The sentences; one that is over the tokens is cut at its gaps, if it has any."""
    most = max(2, most_tokens)
    chunks = re.compile(rf"\S(?:.{{0,{most - 2}}}\S)?(?=\s|$)|\S{{1,{most}}}", re.DOTALL)
    for span in sentences(text):
        if tokens_at_most(span.quote) <= most_tokens:
            yield span
            continue
        for chunk in chunks.finditer(span.quote):
            start = span.start + chunk.start()
            yield Span(start, start + len(chunk[0]), chunk[0])


def _parts(spans: Iterable[Span], most_tokens: int) -> Iterator[tuple[Span, ...]]:
    part: list[Span] = []
    words = tokens = 0
    for span in spans:
        more_words, more_tokens = _words(span.quote), tokens_at_most(span.quote) + 4
        if part and (words + more_words > MOST_WORDS or tokens + more_tokens > most_tokens):
            yield tuple(part)
            part, words, tokens = [], 0, 0
        part.append(span)
        words += more_words
        tokens += more_tokens
    if part:
        yield tuple(part)
