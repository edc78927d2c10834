"""What a judge found in the reviews: a quoted sentence that speaks for or against one trait."""

from dataclasses import dataclass

from engine.domain import Evidence, Review
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

    @classmethod
    def of(cls, reviews: list[Review]) -> "TextRead":
        texts = [review.text for review in reviews if review.text.strip()]
        return cls(
            len(texts),
            sum(len(sentences(text)) for text in texts),
            sum(count_words(text) for text in texts),
        )

    def __str__(self) -> str:
        if self.words < 50:
            return f"{self.words} words of text in all"
        return f"{self.sentences} sentences in {self.reviews} reviews"
