"""Chat templates for Ollama make the prompts that the GGUF's own makes, or are left out."""

from pathlib import Path

import pytest

from engine.library.go_template import Rendering, go_template, rendering_of, turns_of
from models.chat import Message
from models.gguf_file import open_gguf
from models.library import embedded_gguf
from tests.engine.go_templates import rendered
from tests.library_data import CHATML, a_gguf

GEMMA = (
    "{{ bos_token }}{% if messages[0]['role'] == 'system' %}"
    "{{ raise_exception('System role not supported') }}{% endif %}{% for message in messages %}"
    "{% set role = 'model' if message['role'] == 'assistant' else message['role'] %}"
    "{{ '<start_of_turn>' + role + '\n' + message['content'] | trim + '<end_of_turn>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{'<start_of_turn>model\n'}}{% endif %}"
)
GEMMA_3 = (
    "{{ bos_token }}{% if messages[0]['role'] == 'system' %}"
    "{% set first = messages[0]['content'] + '\n\n' %}{% set rest = messages[1:] %}{% else %}"
    "{% set first = '' %}{% set rest = messages %}{% endif %}{% for message in rest %}"
    "{% set role = 'model' if message['role'] == 'assistant' else message['role'] %}"
    "{{ '<start_of_turn>' + role + '\n' + (first if loop.first else '') + message['content'] | trim"
    " + '<end_of_turn>\n' }}{% endfor %}{% if add_generation_prompt %}"
    "{{ '<start_of_turn>model\n' }}{% endif %}"
)
LLAMA_2 = (
    "{% if messages[0]['role'] == 'system' %}{% set rest = messages[1:] %}"
    "{% set system = messages[0]['content'] %}{% else %}{% set rest = messages %}"
    "{% set system = false %}{% endif %}{% for message in rest %}"
    "{% if loop.index0 == 0 and system != false %}"
    "{% set content = '<<SYS>>\n' + system + '\n<</SYS>>\n\n' + message['content'] %}"
    "{% else %}{% set content = message['content'] %}{% endif %}"
    "{% if message['role'] == 'user' %}{{ bos_token + '[INST] ' + content.strip() + ' [/INST]' }}"
    "{% else %}{{ ' ' + content.strip() + ' ' + eos_token }}{% endif %}{% endfor %}"
)
LLAMA_3 = (
    "{{ bos_token }}{% if messages[0]['role'] == 'system' %}"
    "{% set system = messages[0]['content'] %}{% set rest = messages[1:] %}{% else %}"
    "{% set system = '' %}{% set rest = messages %}{% endif %}"
    "{{ '<|start_header_id|>system<|end_header_id|>\n\nToday Date: 26 Jul 2024\n\n' + system "
    "+ '<|eot_id|>' }}{% for message in rest %}{{ '<|start_header_id|>' + message['role'] + "
    "'<|end_header_id|>\n\n' + message['content'] | trim + '<|eot_id|>' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}"
    "{% endif %}"
)
QWEN = (
    "{%- if messages[0].role != 'system' %}\n"
    '    {{- "<|im_start|>system\nYou are \\"Qwen\\" {{ here }}.<|im_end|>\n" }}\n{%- endif %}\n'
) + CHATML
PHI_3 = (
    "{% for message in messages %}{{ '<|' + message['role'] + '|>\n' + message['content'] + "
    "'<|end|>\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>\n' }}"
    "{% else %}{{ eos_token }}{% endif %}"
)
MISTRAL_3 = (
    "{{ bos_token }}{% if messages[0]['role'] == 'system' %}{% set system = "
    "messages[0]['content'] %}{% set rest = messages[1:] %}{% else %}{% set rest = messages %}"
    "{% endif %}{% for message in rest %}{% if message['role'] == 'user' %}"
    "{% if loop.last and system is defined %}{{ '[INST] ' + system + '\n\n' + message['content'] "
    "+ '[/INST]' }}{% else %}{{ '[INST] ' + message['content'] + '[/INST]' }}{% endif %}"
    "{% else %}{{ ' ' + message['content'] + eos_token }}{% endif %}{% endfor %}"
)
TALK = (
    Message("user", 'What is "house"?'),
    Message("assistant", "A place,\nas a rule."),
    Message("user", "And {{ .Content }} then?"),
)
UNDER = (Message("system", "You write for one reader."), *TALK)


@pytest.mark.parametrize(
    ("template", "takes_system"),
    [
        (CHATML, True),
        (GEMMA, False),
        (GEMMA_3, True),
        (LLAMA_2, True),
        (LLAMA_3, True),
        (QWEN, True),
        (PHI_3, True),
    ],
    ids=["chatml", "gemma", "gemma3", "llama2", "llama3", "qwen", "phi3"],
)
def test_ollama_s_prompts_are_the_template_s_own(template: str, takes_system: bool) -> None:
    rendering = Rendering(template, "<s>", "</s>", adds_bos=True)
    turns = turns_of(rendering)
    assert turns is not None
    assert turns.takes_system is takes_system
    talks = [TALK[:1], TALK] + ([UNDER[:2], UNDER] if takes_system else [])
    for talk in talks:
        assert rendered(go_template(turns), talk) == rendering.prompt(talk)


def test_the_embedded_model_s_default_system_message_stands_where_there_is_none() -> None:
    rendering = rendering_of(open_gguf(embedded_gguf()))
    assert rendering is not None
    turns = turns_of(rendering)
    assert turns is not None
    assert rendered(go_template(turns), TALK[:1]) == (
        "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face"
        '<|im_end|>\n<|im_start|>user\nWhat is "house"?<|im_end|>\n<|im_start|>assistant\n'
    )


@pytest.mark.parametrize(
    "template",
    [MISTRAL_3, "{% for m in messages %}{{ m['content'] }}{{ loop.length }}{% endfor %}", "Hello."],
    ids=["system last", "counts", "no words"],
)
def test_a_template_that_says_more_is_left_out(template: str) -> None:
    """Mistral's third template puts the system's words before the last question."""
    assert turns_of(Rendering(template, "<s>", "</s>", adds_bos=True)) is None


@pytest.mark.parametrize("template", ["{% for %}", ""])
def test_a_broken_template_or_none_is_none(tmp_path: Path, template: str) -> None:
    assert rendering_of(open_gguf(a_gguf(tmp_path / "a.gguf", template=template))) is None
