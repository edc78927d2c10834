"""What the embedded judge asserts of text that says nothing of its writer: it should be nothing.

python -m benchmarks.off_topic prints one JSON object: the quotes taken, out of how many sentences.
The texts were written for this and are no part of what the judge was trained on.
"""

import json
from collections.abc import Mapping
from types import MappingProxyType

from engine.domain import Review
from engine.profile.embedded import LayerEncoder, findings
from engine.profile.findings import Finding
from engine.profile.sentences import sentences
from models.encoder import Encoder
from models.library import embedded_encoder

TEXTS: Mapping[str, str] = MappingProxyType(
    {
        "weather": (
            "Mild and damp tomorrow with drizzle along the coast. We expect gusts of forty miles "
            "an hour over the passes by evening. Frost is likely in sheltered valleys, so take "
            "care on untreated roads. The weekend looks brighter, and we may see seventeen degrees."
        ),
        "recipe": (
            "Soak the beans overnight and drain them. I use a heavy pot, but any pan with a lid "
            "will do. Fry the onions in two spoons of oil until they are golden, then add the "
            "garlic, the cumin and the tomatoes. We let it bubble for an hour and stir now and "
            "then. Taste it and add salt. It keeps for three days and never tastes better than on "
            "the second."
        ),
        "code": (
            "def mean(numbers):\n    return sum(numbers) / len(numbers)\n\nIf the list is empty, "
            "this raises ZeroDivisionError. I ran into this when we moved to version 3.2. You can "
            "set strict=False in the configuration, and the parser will skip bad rows. Never call "
            "close() twice. We use a lock so that only one thread writes at a time."
        ),
        "plot": (
            "A clockmaker's apprentice finds a letter in a broken watch. His master forbids him to "
            "read it, but he runs away to Trieste and hides with the puppeteers. She trusts nobody "
            "and always keeps a knife under her pillow. When the war comes, the brothers quarrel "
            "about the farm, and the youngest sets out to find his mother. 'I never break a "
            "promise,' says the captain, and breaks it on the next page."
        ),
        "law": (
            "The licensee shall keep the equipment in good repair. We reserve the right to refuse "
            "service to anyone. You must be at least eighteen years of age to use this site. "
            "Nothing in this clause limits our liability for death or personal injury. Any dispute "
            "shall be settled by the courts of the province."
        ),
        "song": (
            "Oh river, carry me down to the sea. I left my heart in the harbour town and I can't "
            "go home. Dance with me, darling, until the lamps burn out. We were young, we were "
            "wild, we were never afraid. La la la, hold me now."
        ),
        "sport": (
            "The visitors scored twice in the last ten minutes. Our keeper was off the line and we "
            "paid for it. A draw on Sunday would be enough to stay in the division. The coach "
            "blamed the pitch."
        ),
        "delivery": (
            "I ordered two and they sent me one. The box was wet and I had to call three times. We "
            "were promised a refund within a week. The replacement fits and the colour is as shown."
        ),
        "verdicts": (
            "I loved this. I couldn't put it down and finished it in two evenings. Not as good as "
            "her first, in my view. I laughed, I cried, I bought the sequel. I hated the ending, "
            "and I never liked the narrator. The middle bored me, so I skipped a chapter."
        ),
    }
)


def quotes_taken(encoder: LayerEncoder, texts: Mapping[str, str] = TEXTS) -> list[Finding]:
    """Everything the judge finds in the texts, each of which is one review of one reader."""
    reviews = [Review(name, "off-topic", "b", text) for name, text in texts.items()]
    return [found for *_, part in findings(reviews, encoder) for found in part]


def main() -> None:
    found = quotes_taken(Encoder.load(embedded_encoder()))
    report = {
        "benchmark": "off_topic",
        "quotes": len(found),
        "sentences": sum(len(sentences(text)) for text in TEXTS.values()),
        "taken": [[one.review_id, one.trait_id, one.span.quote] for one in found],
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
