"""What a judge found in the reviews: a quoted sentence that speaks for or against one trait."""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.domain import Evidence, Review
from engine.profile.language import unread, unread_note
from engine.profile.sentences import Span, sentences
from engine.profile.words import count_words


@dataclass(frozen=True)
class Finding:
    """One quote with its stance towards a statement, a facet or a Big Five trait."""

    trait_id: str
    review_id: str
    span: Span
    stance: float
    """-1 to 1; the size is how clearly the quote speaks."""

    def as_evidence(self, sign: int = 1) -> Evidence:
        """The quote as evidence; `sign` turns it towards a scale's other end."""
        return Evidence(
            self.review_id, self.span.start, self.span.end, self.span.quote, self.stance * sign
        )


@dataclass(frozen=True)
class TextRead:
    """How much there was to read."""

    reviews: int
    sentences: int
    words: int
    unread: str = ""
    """How many reviews were left out for their language, and which it is; empty if none."""

    @classmethod
    def of(cls, reviews: Sequence[Review], by_encoder: bool = False) -> "TextRead":
        """Count what was read; the sentence encoder leaves out the languages it does not serve."""
        written = [review for review in reviews if review.text.strip()]
        codes = unread(written) if by_encoder else {}
        texts = [review.text for review in written if review.id not in codes]
        return cls(
            len(texts),
            sum(len(sentences(text)) for text in texts),
            sum(count_words(text) for text in texts),
            unread_note(codes, len(written)),
        )

    def __str__(self) -> str:
        if self.unread and not self.reviews:
            return f"the text: {self.unread}"
        if self.words < 50:
            amount = f"{self.words} words of text in all"
        else:
            amount = f"{self.sentences} sentences in {self.reviews} reviews"
        return f"{amount}; {self.unread}" if self.unread else amount
