"""A classifier's guess: by a real tiny model in a child, used nowhere until it is confirmed."""

import json
from collections.abc import Sequence
from pathlib import Path
from threading import Event as Flag

import pytest
import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

from engine import suggestions
from engine.domain import Profile, Suggestion
from engine.jobs import RunDir
from engine.pairs.build import pairs_for
from engine.profile.card import card_of
from engine.profile.suggest import work
from engine.runs import runs
from engine.store import journal
from engine.store import profiles as profile_rows
from engine.store.database import opened
from engine.suggestions import CLASSIFIERS, confirm, dismiss, suggest, trust
from models.errors import BadInput, UserError
from models.events import Event, Failed, Finished, JsonObject, result_of
from tests.engine.conftest import WHEN, a_profile, a_review, fill, known

WORDS = ("[PAD]", "[UNK]", "I", "love", "how", "the", "crew", "decides", "captain")


def tiny_classifier(folder: Path, labels: Sequence[str] = ("woman", "man")) -> Path:
    """A BERT of one layer with random weights, saved as Hugging Face has it."""
    torch.manual_seed(7)
    config = BertConfig(
        vocab_size=len(WORDS),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=24,
        id2label=dict(enumerate(labels)),
        label2id={label: number for number, label in enumerate(labels)},
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    words = {word: number for number, word in enumerate(WORDS)}
    tokenizer = Tokenizer(WordLevel(words, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    fast = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call] # transformers leaves it so
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]"
    )
    fast.save_pretrained(folder)
    return folder


async def guessed(
    data_dir: Path, model: str, trait_id: str | None = None, labels: Sequence[str] = ()
) -> list[Event]:
    return [event async for event in suggest(data_dir, "ann", model, trait_id, labels)]


def profile_of(data_dir: Path) -> Profile:
    with opened(data_dir) as db:
        return profile_rows.built(db, "ann")


async def test_a_guess_is_stored_with_what_its_makers_say_and_changes_nothing_else(
    data_dir: Path, tmp_path: Path
) -> None:
    folder = tiny_classifier(tmp_path / "classifier")
    reviews = [a_review("r1"), a_review("r2", text="The captain decides. " * 40), a_review("r3")]
    fill(
        data_dir,
        a_profile(known("schwartz.tradition.1", 0.8), known("demographics.location", 1.0)),
        reviews=reviews,
    )
    before = profile_of(data_dir)
    last = (await guessed(data_dir, str(folder), "demographics.gender"))[-1]
    assert isinstance(last, Finished)
    after = profile_of(data_dir)
    (guess,) = after.suggestions
    assert guess.value in ("woman", "man")
    assert 0.5 <= guess.probability <= 1
    assert (guess.trait_id, guess.model) == ("demographics.gender", str(folder))
    assert guess.accuracy == "not stated"
    assert last.result["reviews"] == 3
    assert after.traits == before.traits
    assert pairs_for(after) == pairs_for(before)
    assert card_of(after) == card_of(before)
    assert runs(data_dir) == []
    assert list((data_dir / "runs").iterdir()) == []


def worked(path: Path, folder: Path, texts: list[str], labels: Sequence[str] = ()) -> JsonObject:
    """The child's work in this process: what it finishes with."""
    (path / "texts.json").write_text(json.dumps(texts), encoding="utf-8")
    settings = {"model": str(folder), "labels": list(labels)}
    return result_of(work(RunDir(path), settings, Flag()))


def test_the_guess_is_the_label_with_the_highest_mean_probability(tmp_path: Path) -> None:
    """The head's bias alone decides: softmax of (0, log 3) is 0.25 and 0.75 for every review."""
    folder = tiny_classifier(tmp_path / "classifier", ("13-17", "33-47"))
    model = BertForSequenceClassification.from_pretrained(folder)
    with torch.no_grad():
        model.classifier.weight.zero_()
        model.classifier.bias.copy_(torch.tensor([0.0, 1.0986123]))
    model.save_pretrained(folder)
    result = worked(tmp_path, folder, ["I love how the crew decides.", "the captain " * 40, "Good"])
    assert result["value"] == "33-47"
    assert result["probability"] == pytest.approx(0.75, abs=1e-3)
    assert result["reviews"] == 2


def test_reviews_of_a_word_or_two_are_nothing_to_guess_from(tmp_path: Path) -> None:
    folder = tiny_classifier(tmp_path / "classifier")
    with pytest.raises(BadInput, match="has 5 words or more"):
        worked(tmp_path, folder, ["Good book"])


def test_labels_without_names_are_refused_until_they_are_named(tmp_path: Path) -> None:
    folder = tiny_classifier(tmp_path / "classifier", ("LABEL_0", "LABEL_1"))
    texts = ["I love how the crew decides."]
    with pytest.raises(BadInput, match="does not name its 2 labels"):
        worked(tmp_path, folder, texts)
    with pytest.raises(BadInput, match="has 2 labels, and 3 names were given"):
        worked(tmp_path, folder, texts, ("a", "b", "c"))
    assert worked(tmp_path, folder, texts, ("woman", "man"))["value"] in ("woman", "man")


def test_a_folder_without_a_trained_head_is_refused(tmp_path: Path) -> None:
    folder = tiny_classifier(tmp_path / "classifier")
    BertForSequenceClassification.from_pretrained(folder).bert.save_pretrained(folder)
    with pytest.raises(UserError, match="no trained classifier"):
        worked(tmp_path, folder, ["I love how the crew decides."])


async def test_a_model_that_is_not_here_offline_is_refused_with_a_sentence(data_dir: Path) -> None:
    fill(data_dir, a_profile())
    last = (await guessed(data_dir, CLASSIFIERS[0].model))[-1]
    assert isinstance(last, Failed)
    assert "cannot be loaded" in last.message
    with pytest.raises(BadInput, match="is not known here"):
        await guessed(data_dir, "somebody/some-model")
    with pytest.raises(BadInput, match="no fact to guess"):
        await guessed(data_dir, "somebody/some-model", "ocean.openness")


def put(data_dir: Path, *guesses: Suggestion) -> None:
    for guess in guesses:
        suggestions._store(data_dir, "ann", guess)


def a_guess(model: str = "m", value: str = "woman", accuracy: str = "not stated") -> Suggestion:
    return Suggestion("demographics.gender", value, 0.7, model, accuracy, WHEN)


def test_a_confirmed_guess_is_the_editors_word_with_the_model_as_reason(data_dir: Path) -> None:
    fill(data_dir)
    put(data_dir, a_guess("org/model"))
    trait = confirm(data_dir, "ann", "demographics.gender").trait("demographics.gender")
    assert trait is not None
    assert trait.override is not None
    assert (trait.effective_value, trait.override.kind) == ("woman", "set")
    assert trait.override.reason == "Confirmed: guessed by org/model"
    assert suggestions.suggestions(data_dir, "ann") == ()


def test_undo_takes_a_confirmation_back_and_the_guess_stands_again(data_dir: Path) -> None:
    fill(data_dir, a_profile(known("demographics.gender", 1.0)))
    put(data_dir, a_guess())
    confirm(data_dir, "ann", "demographics.gender")
    with opened(data_dir) as db:
        journal.undo(db)
    profile = profile_of(data_dir)
    trait = profile.trait("demographics.gender")
    assert trait is not None
    assert trait.override is None
    assert profile.suggestions == (a_guess(),)


def test_a_dismissed_guess_is_gone_and_of_several_one_has_to_be_named(data_dir: Path) -> None:
    fill(data_dir, a_profile())
    put(data_dir, a_guess("one"), a_guess("two", "man"))
    with pytest.raises(BadInput, match="Several models guessed"):
        dismiss(data_dir, "ann", "demographics.gender")
    assert dismiss(data_dir, "ann", "demographics.gender", "one").model == "one"
    assert suggestions.suggestions(data_dir, "ann") == (a_guess("two", "man"),)
    with pytest.raises(BadInput, match=r"no guess at 'demographics\.age'"):
        confirm(data_dir, "ann", "demographics.age")


def test_trust_is_told_by_the_makers_figure_or_as_missing() -> None:
    told = trust(a_guess(accuracy=CLASSIFIERS[0].accuracy))
    assert told == "right in about 7 of 10 cases by its makers' figure"
    assert trust(a_guess()) == "its makers do not say how often it is right"


def test_what_a_model_guesses_again_takes_the_place_of_its_first_guess(data_dir: Path) -> None:
    fill(data_dir, a_profile())
    put(data_dir, a_guess(value="man"), a_guess(value="woman"))
    assert [guess.value for guess in suggestions.suggestions(data_dir, "ann")] == ["woman"]
