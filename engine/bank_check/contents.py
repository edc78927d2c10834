"""What the bank holds and how its texts stand side by side: all that needs no encoder."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from engine.bank import Question, Scenario, angles, books, questions, scenarios
from engine.bank_check.bars import MOST_RATIO, SCENE_WORDS
from engine.bank_check.measure import Measure, none_of
from engine.bank_check.texts import (
    commonest,
    first_word,
    names,
    negations,
    ratio,
    same_texts,
    shares_four_words,
    words,
)
from engine.frameworks import VALUE_FRAMEWORKS, all_statements, dimensions

DESCRIPTION_WORDS = (60, 90)
QUESTIONS_OF_A_FACET = 10
BOOKS = 120
LEAST_GENRES = 20
LEAST_COUNTRIES = 40
MOST_OPENINGS = 0.08
MOST_ONE_NAME = 0.02
"""Shares of all texts that may begin with one word, and name one person or place."""
MOST_MORE_NEGATIONS = 0.03
"""Negations that one side has more than the other, by the number of pairs."""


def contents() -> list[Measure]:
    """All measures of this module."""
    return [*_scenes(scenarios()), *_questions(questions()), *_books(), *_variety()]


def texts() -> dict[str, str]:
    """Every text that is trained on, by its entry's id and its place in it."""
    found = {
        f"{scene.id}/{side}": getattr(scene, side)
        for scene in scenarios()
        for side in ("aligned", "opposed")
    }
    for question in questions():
        for side, answers in (("high", question.high), ("low", question.low)):
            found |= {
                f"{question.id}/{side}{number}": text for number, text in enumerate(answers, 1)
            }
    found |= {f"{book.id}/description": book.description for book in books()}
    return found | {
        f"{book}/{angle}": text for book, told in angles().items() for angle, text in told.items()
    }


def _scenes(scenes: Sequence[Scenario]) -> Iterator[Measure]:
    wanted = {f"{name}.{grade}" for name in all_statements() for grade in _GRADES}
    missing = sorted(wanted ^ {scene.id for scene in scenes})
    yield none_of("scenes.missing", "statements without one scene pair of each grade", missing)
    sides = {scene.id: (scene.aligned, scene.opposed) for scene in scenes}
    yield none_of("scenes.words", _not_of("scenes", SCENE_WORDS), _outside(sides, SCENE_WORDS))
    yield none_of("scenes.ratio", f"pairs {_APART} in length", _lopsided(sides))
    copied = [
        scene.id
        for scene in scenes
        if scene.grade == "subtle"
        and any(
            shares_four_words(text, said)
            for text in (scene.aligned, scene.opposed)
            for statement in (all_statements()[scene.statement],)
            for said in (statement.text, statement.opposite)
        )
    ]
    yield none_of("scenes.subtle", "subtle scenes with four words of their statement", copied)
    for framework in VALUE_FRAMEWORKS:
        poles = [item.pole for item in all_statements().values() if item.framework == framework]
        told = f"{framework}: statements worded towards one pole more than the other"
        yield Measure(f"poles.{framework}", abs(sum(poles)), f"{told}: {abs(sum(poles))}", most=1)
    yield _negations("scenes", [pair[0] for pair in sides.values()], [p[1] for p in sides.values()])


_GRADES = ("plain", "everyday", "subtle")
_APART = f"over {MOST_RATIO - 1:.0%} apart"


def _questions(asked: Sequence[Question]) -> Iterator[Measure]:
    per_facet = Counter(question.facet for question in asked)
    facets = [scale.id for scale in dimensions("ocean") if scale.parent]
    short = [facet for facet in facets if per_facet[facet] != QUESTIONS_OF_A_FACET]
    yield none_of("questions.missing", "facets without ten questions", short)
    odd = [question.id for question in asked if (len(question.high), len(question.low)) != (2, 2)]
    yield none_of("questions.answers", "questions without two answers to each side", odd)
    answers = {question.id: (*question.high, *question.low) for question in asked}
    yield none_of("questions.ratio", f"questions with answers {_APART}", _lopsided(answers))
    high = [text for question in asked for text in question.high]
    yield _negations("questions", high, [text for question in asked for text in question.low])


def _books() -> Iterator[Measure]:
    shelf = books()
    yield Measure("books.count", len(shelf), f"books: {len(shelf)}", least=BOOKS)
    kinds = len({book.genre for book in shelf})
    yield Measure("books.genres", kinds, f"genres: {kinds}", least=LEAST_GENRES)
    homes = len({book.country for book in shelf})
    yield Measure("books.countries", homes, f"countries: {homes}", least=LEAST_COUNTRIES)
    facts = round(sum(not book.fiction for book in shelf) / len(shelf), 2)
    yield Measure("books.non_fiction", facts, f"non-fiction: {facts:.0%}", least=0.3, most=0.4)
    trained = {book.id for book in shelf if book.use == "train"}
    yield Measure(
        "books.train", len(trained), f"to train on: {len(trained)}", least=BOOKS / 2, most=BOOKS / 2
    )
    wrong = sorted(trained ^ set(angles()))
    yield none_of("angles.missing", "training books without four angles, or others with", wrong)
    described = {book.id: (book.description,) for book in shelf}
    told = {book: tuple(four.values()) for book, four in angles().items()}
    long = _outside(described, DESCRIPTION_WORDS) + _outside(told, DESCRIPTION_WORDS)
    yield none_of("books.words", _not_of("descriptions", DESCRIPTION_WORDS), long)
    yield none_of("angles.ratio", f"books whose angles are {_APART}", _lopsided(told))


def _variety() -> Iterator[Measure]:
    every = texts()
    yield none_of("texts.same", "texts that stand there twice", same_texts(every))
    sides = {key: text for key, text in every.items() if "/aligned" in key or "/opposed" in key}
    spoken = {key: text for key, text in every.items() if "/high" in key or "/low" in key}
    for kind, found in (("scenes", sides), ("answers", spoken)):
        word, share = commonest(map(first_word, found.values()))
        told = f"{kind}: the commonest first word is {word!r}, in {share:.1%}"
        yield Measure(f"{kind}.openings", round(share, 3), told, most=MOST_OPENINGS)
    pairs = {key.rpartition("/")[0]: names(text) for key, text in sides.items()}
    counted = Counter(name for found in pairs.values() for name in found)
    name, times = counted.most_common(1)[0]
    share = times / len(pairs)
    told = f"scenes: the commonest name is {name!r}, in {share:.1%} of pairs"
    yield Measure("scenes.names", round(share, 3), told, most=MOST_ONE_NAME)


def _negations(kind: str, first: Sequence[str], second: Sequence[str]) -> Measure:
    counts = [sum(map(negations, side)) for side in (first, second)]
    found = abs(counts[0] - counts[1]) / len(first)
    told = f"{kind}: negations on the two sides: {counts[0]} and {counts[1]}"
    return Measure(f"{kind}.negations", round(found, 3), told, most=MOST_MORE_NEGATIONS)


def _not_of(kind: str, bounds: tuple[int, int]) -> str:
    return f"{kind} not of {bounds[0]} to {bounds[1]} words"


def _outside(entries: Mapping[str, Sequence[str]], bounds: tuple[int, int]) -> list[str]:
    least, most = bounds
    return [
        key
        for key, found in entries.items()
        if not all(least <= words(text) <= most for text in found)
    ]


def _lopsided(entries: Mapping[str, Sequence[str]]) -> list[str]:
    return [key for key, found in entries.items() if ratio(found) > MOST_RATIO]
