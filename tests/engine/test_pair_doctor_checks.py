"""What can be wrong with pairs besides their sides: each check on pairs made for it."""

import random
from dataclasses import replace

import pytest

from engine.bank import books
from engine.domain import PreferencePair
from engine.pairs.doctor.duplicates import duplicates
from engine.pairs.doctor.giveaway import giveaway
from engine.pairs.doctor.leakage import leakage
from engine.pairs.doctor.length import length
from engine.pairs.doctor.minhash import BLOCK
from engine.pairs.doctor.patient import Lengths
from engine.pairs.doctor.same_answers import same_answers
from engine.pairs.doctor.table import SAFE, examined, mended
from engine.pairs.doctor.template_tokens import template_tokens
from engine.pairs.doctor.too_long import too_long
from engine.pairs.split import shelves
from tests.engine.conftest import a_profile, known
from tests.engine.doctor_pairs import (
    STATEMENT,
    a_pair,
    after,
    built,
    ids,
    of_rich,
    patient,
)

WORDS = [f"{a}{b}" for a in ("ba", "co", "di", "fu", "ge", "ha") for b in "lmnprstvwz"]


def prose(seed: int, words: int = 30) -> str:
    return " ".join(random.Random(seed).choices(WORDS, k=words))


def plain_pairs(number: int) -> list[PreferencePair]:
    """Pairs of words drawn by lot, as long on either side, each of a topic of its own."""
    return [a_pair(n, prose(2 * n), prose(2 * n + 1)) for n in range(number)]


def test_of_what_was_just_built_only_holes_could_be_told() -> None:
    kinds = {finding.kind for finding in examined(of_rich(built()))}
    assert kinds <= {"coverage", "length"}


# Near-duplicates


def test_twins_are_found_exact_near_and_with_sides_turned_round() -> None:
    pairs = plain_pairs(40)
    one = pairs[3]
    words = one.chosen.split()
    near = " ".join([*words[:10], "quite", *words[11:]])
    pairs += [
        a_pair(100, one.chosen.upper(), f"  {one.rejected}"),
        a_pair(101, near, one.rejected),
        a_pair(102, one.rejected, one.chosen),
    ]
    found = duplicates(patient(pairs))
    assert found is not None
    assert ids(found) == ["p100", "p101", "p102"]
    assert [case.why for case in found.cases] == [
        "twin of p3",
        "twin of p3",
        "twin of p3, sides turned round",
    ]
    assert found.told == (
        "3 pairs of 43 repeat another (2 word for word, 1 nearly so): what stands there twice "
        "counts twice. 1 of them has its sides turned round, and would teach the opposite."
    )
    assert after(found, "p100").dropped


def test_twins_meet_however_many_pairs_stand_between_them() -> None:
    pairs = plain_pairs(BLOCK + 20)
    twin = replace(pairs[3], id="twin")
    assert ids(duplicates(patient([*pairs, twin]))) == ["twin"]


def test_answers_that_share_half_their_words_are_no_twins() -> None:
    one = a_pair(1, prose(1), prose(2))
    assert duplicates(patient([one, a_pair(2, one.chosen, prose(3))])) is None


def test_short_answers_are_twins_only_under_the_same_prompt() -> None:
    one = a_pair(1, "Yes, gladly.", "No, thanks.")
    other = replace(a_pair(2, "Yes, gladly.", "No, thanks."), prompt="Is it raining?")
    assert duplicates(patient([one, other])) is None
    assert ids(duplicates(patient([one, replace(other, prompt=one.prompt)]))) == ["p2"]


def test_of_twins_the_accepted_one_stays_then_the_held_out_one() -> None:
    first, second = a_pair(1, prose(1), prose(2)), a_pair(2, prose(1), prose(2))
    assert ids(duplicates(patient([first, second]))) == ["p2"]
    assert ids(duplicates(patient([first, replace(second, held_out=True)]))) == ["p1"]
    assert ids(duplicates(patient([first, replace(second, accepted=True)]))) == ["p1"]


def test_texts_without_spaces_are_compared_by_their_signs() -> None:
    one = a_pair(1, "夏目漱石は東京に生まれた小説家である", "太宰治は津軽に生まれた小説家である")
    other = a_pair(2, one.chosen + "。", one.rejected)
    different = a_pair(3, "彼女は毎朝市場で魚を買ってから帰る", "山の上の寺で鐘が静かに鳴っている")
    assert ids(duplicates(patient([one, other, different]))) == ["p2"]


# Length


def _lengths(longer: int, shorter: int) -> list[PreferencePair]:
    long = [a_pair(n, "x" * (20 + n), "x" * 10) for n in range(longer)]
    return long + [a_pair(100 + n, "x" * 10, "x" * 20) for n in range(shorter)]


def test_a_longer_chosen_answer_in_most_pairs_is_a_shortcut() -> None:
    """30 of 40 is 75 %; 20 have to go until 10 stand against 10: those with the longest."""
    found = length(patient(_lengths(30, 10)))
    assert found is not None
    assert "the longer one in 75% of 40 training pairs and in 75% of 40 on values." in found.told
    assert ids(found)[:2] == ["p29", "p28"]
    dropped = [case.pair_id for case in found.cases if case.mended]
    assert dropped == [f"p{n}" for n in range(29, 9, -1)]


def test_a_shorter_chosen_answer_in_most_pairs_is_one_too() -> None:
    turned = [replace(p, chosen=p.rejected, rejected=p.chosen) for p in _lengths(30, 10)]
    found = length(patient(turned))
    assert found is not None
    assert "the shorter one in 75%" in found.told


@pytest.mark.parametrize(("longer", "shorter"), [(24, 16), (12, 3), (26, 15)])
def test_an_even_share_few_pairs_or_chance_are_no_shortcut(longer: int, shorter: int) -> None:
    """60 % is allowed; 15 pairs are too few; 26 of 41 are 1.7 standard errors from half."""
    assert length(patient(_lengths(longer, shorter))) is None


def test_a_track_can_lean_where_the_whole_does_not() -> None:
    even = [replace(p, track="interests") for p in _lengths(0, 25)]
    pairs = [replace(p, id=f"a{p.id}") for p in even] + _lengths(25, 0)
    found = length(patient(pairs))
    assert found is not None
    assert "training pairs" not in found.told
    assert "the shorter one in 100% of 25 on interests" in found.told


def test_held_out_pairs_teach_no_length() -> None:
    pairs = [replace(pair, held_out=True) for pair in _lengths(30, 10)]
    assert length(patient(pairs)) is None


# Giveaway words


def _given_away(every: int) -> list[PreferencePair]:
    return [
        replace(pair, chosen=f"{pair.chosen} together") if n % every == 0 else pair
        for n, pair in enumerate(plain_pairs(120))
    ]


def test_a_word_that_stands_in_chosen_answers_gives_them_away() -> None:
    found = giveaway(patient(_given_away(2)))
    assert found is not None
    assert "“together” (in 60 chosen, 0 rejected)" in found.told
    assert "50% would be chance; over 60%, a model may learn the words" in found.told
    surest = found.cases[0]
    assert surest.why.startswith("guessed by “together”")
    assert int(surest.why.removesuffix("% sure").rpartition(" ")[2]) > 60
    with_word = {pair.id for pair in _given_away(2) if "together" in pair.chosen}
    dropped = [case.pair_id for case in found.cases if case.mended]
    assert len(set(dropped) & with_word) > 0.9 * len(dropped) > 10


def test_words_drawn_by_lot_give_nothing_away() -> None:
    assert giveaway(patient(plain_pairs(120))) is None


def test_a_word_of_one_topic_gives_no_other_topic_away() -> None:
    """All pairs of a topic are left out together, so that its own word helps nobody."""
    pairs = [
        replace(pair, topic=f"t{n % 30}", chosen=f"{pair.chosen} own{n % 30}")
        for n, pair in enumerate(plain_pairs(120))
    ]
    assert giveaway(patient(pairs)) is None


def test_the_words_of_genres_are_what_is_to_be_learnt() -> None:
    pairs = [replace(pair, track="interests") for pair in _given_away(1)]
    assert giveaway(patient(pairs)) is None


def test_twenty_pairs_are_too_few_to_tell() -> None:
    assert giveaway(patient(_given_away(1)[:20])) is None


# Leakage


def test_a_training_pair_of_a_held_out_topic_is_held_out() -> None:
    pairs = plain_pairs(6)
    pairs[0] = replace(pairs[0], topic="s.1", held_out=True)
    pairs[1] = replace(pairs[1], topic="s.1")
    found = leakage(patient(pairs))
    assert ids(found) == ["p1"]
    assert after(found, "p1") == replace(pairs[1], held_out=True)


def test_a_training_pair_with_an_answer_of_a_held_out_pair_is_dropped() -> None:
    pairs = plain_pairs(6)
    pairs[0] = replace(pairs[0], held_out=True)
    pairs[4] = replace(pairs[4], rejected=pairs[0].chosen.upper())
    found = leakage(patient(pairs))
    assert ids(found) == ["p4"]
    assert after(found, "p4").dropped
    assert found is not None
    assert found.cases[0].why == "has an answer of p0, which is held out"


def test_a_training_pair_that_names_a_held_out_author_is_dropped() -> None:
    book = shelves()[1][0]
    held = replace(a_pair(0, prose(1), prose(2)), origin=f"book.{book.id}.x", held_out=True)
    named = a_pair(1, f"She reads {book.author}'s letters aloud.", prose(3))
    assert ids(leakage(patient([held, named, a_pair(2, prose(4), prose(5))]))) == ["p1"]
    assert leakage(patient([replace(held, origin="file.0"), named])) is None


def test_a_book_kept_for_previews_may_not_be_named() -> None:
    previews = [book for book in books() if book.use == "preview"]
    long = next(book for book in previews if len(book.title.split()) > 3)
    short = next(book for book in previews if len(book.title.split()) == 1)
    pairs = [
        a_pair(0, f"Tonight it is {long.title.upper()}, again.", prose(1)),
        a_pair(1, f"A {short.title.lower()} of bells.", prose(2)),
        a_pair(2, f"{short.title} ({short.author}) is on the table.", prose(3)),
    ]
    found = leakage(patient(pairs))
    assert ids(found) == ["p0", "p2"]
    assert found is not None
    assert found.cases[0].why == f"names {long.title}: kept for previews"


def test_a_title_that_runs_on_into_the_next_text_is_no_title() -> None:
    title = next(b.title for b in books() if b.use == "preview" and len(b.title.split()) > 3)
    first, *rest = title.split()
    assert leakage(patient([a_pair(0, f"It was {first}", " ".join(rest))])) is None


# Length in tokens, template tokens


def test_pairs_over_the_context_are_told_with_their_tokens() -> None:
    pairs = plain_pairs(3)
    tokens = {"p0": 1024, "p1": 1025, "p2": 1420}
    found = too_long(patient(pairs, lengths=Lengths("Small", 1024, tokens)))
    assert found is not None
    assert [(case.pair_id, case.why) for case in found.cases] == [
        ("p2", "1,420 tokens"),
        ("p1", "1,025 tokens"),
    ]
    assert found.told == (
        "2 pairs of 3 are over 1,024 tokens for Small, and training would leave them out; "
        "the longest has 1,420."
    )
    assert after(found, "p2").dropped
    assert too_long(patient(pairs)) is None


@pytest.mark.parametrize(
    "token",
    [
        *("<|im_start|>", "<|endoftext|>", "<|eot_id|>", "<start_of_turn>", "<end_of_turn>"),
        *("[INST]", "[/INST]", "<<SYS>>", "<s>", "</s>"),
        "<\uff5cend\u2581of\u2581sentence\uff5c>",
    ],
)
def test_tokens_of_chat_templates_are_cleaned_out(token: str) -> None:
    pair = a_pair(1, f"She went. {token} He came.", "Nobody went.")
    found = template_tokens(patient([pair, a_pair(2, "a < b [and] c > d", "x")]))
    assert ids(found) == ["p1"]
    mended = after(found, "p1")
    assert (mended.chosen, mended.rejected) == ("She went. He came.", "Nobody went.")
    assert mended.edited


def test_a_bases_own_special_tokens_count_too() -> None:
    pair = a_pair(1, "One <jot_end> two.", "Three.")
    assert template_tokens(patient([pair])) is None
    own = Lengths("Small", 1024, {}, ("<jot_end>",))
    found = template_tokens(patient([pair], lengths=own))
    assert after(found, "p1").chosen == "One two."


def test_a_pair_that_is_nothing_but_tokens_is_dropped() -> None:
    found = template_tokens(patient([a_pair(1, "<s></s>", "Something.")]))
    assert after(found, "p1").dropped


# Same answers


@pytest.mark.parametrize(
    ("rejected", "why"),
    [("She went home.", "word for word"), (" She  went\nhome. ", "the same but for white space")],
)
def test_a_pair_with_one_answer_on_both_sides_is_dropped(rejected: str, why: str) -> None:
    pair = a_pair(1, "She went home.", rejected)
    found = same_answers(patient([pair, a_pair(2, "She went home.", "she went home.")]))
    assert found is not None
    assert [(case.pair_id, case.why) for case in found.cases] == [("p1", why)]
    assert found.told.startswith("1 pair of 2 has the same answer on both sides")
    assert after(found, "p1").dropped


def test_same_answers_stop_and_are_mended_with_everything_else() -> None:
    pair = a_pair(1, "She went home.", "She went  home.")
    [finding] = examined(patient([pair, a_pair(2, "One.", "Two.")]))
    assert (finding.severity, finding.remedy, finding.safe) == ("stop", "drop 1", True)
    outcome = mended(patient([pair]), SAFE)
    assert outcome.told == {"same-answers": "1 pair dropped"}


def test_a_pair_that_cleaning_leaves_with_one_answer_is_dropped_at_once() -> None:
    pair = a_pair(1, "She  <s>went home.", "She went home.")
    outcome = mended(patient([pair]), SAFE)
    assert outcome.told == {"template-tokens": "1 pair dropped"}


# What is said of one and of many


@pytest.mark.parametrize(("number", "told"), [(1, "1 pair holds"), (2, "2 pairs hold")])
def test_verbs_agree_with_their_number(number: int, told: str) -> None:
    pairs = [a_pair(n, f"She <s> went {n} times.", "He came.") for n in range(number)]
    found = template_tokens(patient(pairs))
    assert found is not None
    assert found.told.startswith(told)


def test_what_cannot_be_mended_with_everything_says_why() -> None:
    kinds = {finding.kind: finding for finding in examined(patient(_lengths(30, 10)))}
    lopsided = kinds["length"]
    assert lopsided.left_because == "mending it drops pairs that have nothing wrong by themselves"
    [hole] = examined(patient(plain_pairs(2), known(STATEMENT, 0.6)))
    assert "build the pairs again" in hole.left_because
    accepted = [replace(pair, accepted=True) for pair in built(a_profile(known(STATEMENT, 0.6)))]
    [turned] = examined(patient(accepted, known(STATEMENT, -0.6)))
    assert "for you to decide" in turned.left_because
