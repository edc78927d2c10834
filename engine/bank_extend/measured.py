"""Gates that count: no model is asked. The bounds are those that the shipped bank keeps to."""

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

from engine.bank import Question, Scenario
from engine.bank_check.bars import MOST_RATIO, SCENE_WORDS
from engine.bank_check.texts import negations, ratio, shares_four_words, words
from engine.bank_extend.candidate import Entry, texts_of
from engine.frameworks import Statement, all_statements
from models.chat_tokens import token_pattern

QUESTION_WORDS = (18, 40)
ANSWER_WORDS = (16, 36)
STATEMENT_WORDS = (8, 26)
MOST_STATEMENT_RATIO = 1.4
MOST_NEGATIONS_APART = 2
LEAST_WORDS_APART = 4
"""Words in which two sides differ; with fewer, they are one text with a word changed."""
_TEMPLATE = token_pattern()
_PLACEHOLDER = re.compile(
    r"\[[^\]]*\]|\{[^}]*\}|<[^>]*>|_{3,}|\*\*|`|^\s*#|^\W*$|"
    r"\b(?:lorem ipsum|TODO|TBD|XXX|as an AI|your (?:text|scene|answer|question) here)\b",
    re.IGNORECASE,
)


def fault(entry: Entry) -> str:
    """The first thing that is wrong with an entry, in a sentence; empty where nothing is."""
    return next(_faults(entry), "")


def _faults(entry: Entry) -> Iterator[str]:
    for name, text in texts_of(entry).items():
        if found := _TEMPLATE.search(text):
            yield f"The {name} holds {found[0]!r}, a token of a chat template."
        if found := _PLACEHOLDER.search(text):
            yield f"The {name} holds {found[0]!r}, a placeholder or a mark, and no prose."
    match entry:
        case Scenario():
            yield from _scene_faults(entry)
        case Question():
            yield from _question_faults(entry)
        case Statement():
            yield from _out_of_bounds(texts_of(entry), STATEMENT_WORDS)
            yield from _uneven(texts_of(entry), MOST_STATEMENT_RATIO)
            yield from _apart(entry.text, entry.opposite)


def _scene_faults(scene: Scenario) -> Iterator[str]:
    yield from _out_of_bounds(texts_of(scene), SCENE_WORDS)
    yield from _uneven(texts_of(scene), MOST_RATIO)
    yield from _apart(scene.aligned, scene.opposed)
    if scene.grade == "subtle":
        statement = all_statements()[scene.statement]
        for name, text in texts_of(scene).items():
            if any(shares_four_words(text, said) for said in (statement.text, statement.opposite)):
                yield f"The {name} scene is subtle and says four words in a row of the statement."


def _question_faults(question: Question) -> Iterator[str]:
    answers = texts_of(question)
    asked = answers.pop("question")
    yield from _out_of_bounds({"question": asked}, QUESTION_WORDS)
    if not asked.endswith("?"):
        yield "The question does not end in a question mark."
    yield from _out_of_bounds(answers, ANSWER_WORDS)
    yield from _uneven(answers, MOST_RATIO)
    yield from _apart(" ".join(question.high), " ".join(question.low))
    for first, second in (question.high, question.low):
        if _words_apart(first, second) < LEAST_WORDS_APART:
            yield "Two answers of one end are the same but for a few words."


def _out_of_bounds(texts: dict[str, str], bounds: tuple[int, int]) -> Iterator[str]:
    for name, text in texts.items():
        if not bounds[0] <= words(text) <= bounds[1]:
            yield f"The {name} has {words(text)} words, outside {bounds[0]} to {bounds[1]}."


def _uneven(texts: dict[str, str], most: float) -> Iterator[str]:
    if (found := ratio(texts.values())) > most:
        yield f"The longest text has {found:.2f} times the words of the shortest, over {most}."


def _apart(one: str, other: str) -> Iterator[str]:
    if _words_apart(one, other) < LEAST_WORDS_APART:
        yield "The two sides are the same but for a few words."
    counts = negations(one), negations(other)
    if abs(counts[0] - counts[1]) > MOST_NEGATIONS_APART:
        yield f"One side has {counts[0]} negations, the other {counts[1]}: that tells them apart."


def _words_apart(one: str, other: str) -> int:
    """Words that one of two texts has and the other has not, or has elsewhere."""
    left, right = one.casefold().split(), other.casefold().split()
    shared = SequenceMatcher(None, left, right, autojunk=False).get_matching_blocks()
    return len(left) + len(right) - 2 * sum(block.size for block in shared)
