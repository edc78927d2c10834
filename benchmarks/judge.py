"""The embedded judge as the benchmarks call it: reviews in, findings out."""

from collections.abc import Callable, Sequence

from engine.domain import Review
from engine.profile.embedded import findings
from engine.profile.findings import Finding
from models.encoder import Encoder
from models.library import embedded_encoder

Judge = Callable[[Sequence[Review]], list[Finding]]


def embedded_judge() -> Judge:
    """Load the encoder once; every call judges some reviews with it."""
    encoder = Encoder.load(embedded_encoder())

    def judge(reviews: Sequence[Review]) -> list[Finding]:
        return [found for *_, part in findings(reviews, encoder) for found in part]

    return judge
