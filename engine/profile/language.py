"""Which language a review is in, and which reviews the sentence encoder can read. No translation.

all-MiniLM-L6-v2 was trained on English; on other languages its vectors are noise. py3langid, a
naive Bayes over byte sequences, tells the languages apart in a tenth of a millisecond a review.
"""

import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from engine.domain import Review
from engine.profile.words import count_words

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

SERVED = frozenset({"en"})
"""Codes of the languages that the sentence encoder serves."""
NO_LANGUAGE = "zxx"
LEAST_WORDS = 6
LEAST_SURE = 0.5
"""Below either, a text is too little to tell by itself and goes with the reader's other text.

Of 1,499 English reviews of six words or more, none lay above it in another language.
"""
LOOKED_AT = 600
"""Characters of a text that are looked at; more changes nothing."""


def languages_of(reviews: Sequence[Review]) -> dict[str, str]:
    """Review id to language code (ISO 639), for every review with text.

    A short or doubtful text is taken to be in the language of most of the reader's other text;
    where there is none, of all the short ones together, or English where even that is doubtful.
    """
    own = {review.id: told(review.text) for review in reviews if review.text.strip()}
    words: Counter[str] = Counter()
    for review in reviews:
        if code := own.get(review.id):
            words[code] += min(count_words(review.text), LOOKED_AT)
    if words:
        usual = words.most_common(1)[0][0]
    else:
        code, sureness = _classified(" ".join(review.text for review in reviews))
        usual = code if sureness >= LEAST_SURE and code != NO_LANGUAGE else "en"
    return {review_id: code or usual for review_id, code in own.items()}


def told(text: str) -> str | None:
    """The language of one text by itself; None where it is too short or too doubtful to tell."""
    if count_words(text) < LEAST_WORDS and text.isascii():
        return None
    code, sureness = _classified(text)
    return code if sureness >= LEAST_SURE and code != NO_LANGUAGE else None


def unread(reviews: Sequence[Review]) -> dict[str, str]:
    """Review id to language code, of the reviews that the encoder does not serve."""
    return {key: code for key, code in languages_of(reviews).items() if code not in SERVED}


def unread_note(codes: Mapping[str, str], of: int) -> str:
    """What an editor should know about reviews left unread; empty where all were read.

    Args:
        codes: what `unread` returned.
        of: the number of reviews with text.
    """
    if not codes:
        return ""
    counts = Counter(codes.values()).most_common()
    names = [f"{count} in {language_name(code)}" for code, count in counts]
    if len(counts) == 1:
        verb = "is" if len(codes) == 1 else "are"
        said = f"{len(codes)} of {of} reviews {verb} in {language_name(counts[0][0])}"
    else:
        said = f"{len(codes)} of {of} reviews are in other languages ({', '.join(names)})"
    return f"{said}, which the embedded provider does not read"


def language_name(code: str) -> str:
    """The English name of a language; the code itself for one we have no name for."""
    return _names().get(code, code)


def _classified(text: str) -> tuple[str, float]:
    code, sureness = _identifier().classify(text[:LOOKED_AT])
    return str(code), float(sureness)


@cache
def _names() -> dict[str, str]:
    path = files(__package__) / "languages.toml"
    return {code: str(name) for code, name in tomllib.loads(path.read_text("utf-8")).items()}


@cache
def _identifier() -> "LanguageIdentifier":
    """The identifier with calibrated probabilities; imported late, its model takes a second."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
