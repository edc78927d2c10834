"""An Ollama Modelfile, and the commands for llama.cpp, of a GGUF that an export made."""

import shlex
from collections.abc import Iterator

from engine.library.go_template import go_template, rendering_of, special_token, turns_of
from engine.library.licence import BaseFacts
from engine.prompts import prompt
from models.chat import Sampling
from models.gguf_file import GgufFile, number_field, text_field

CONTEXT = 4096
"""In tokens, as previews have it; what a model can take less, it gets."""
SUITED = Sampling(temperature=0.0)
"""As previews begin."""


def modelfile(
    weights: str, model: GgufFile, base: BaseFacts, card: str = "", adapter: str = ""
) -> str:
    """The text of a Modelfile.

    Args:
        weights: the GGUF's name in the folder; with an adapter that of its base.
        model: whose template and tokens it is written by.
        card: of a reader, for the system message; empty leaves it out.
        adapter: the adapter's name in the folder, to be laid over `weights`.
    """
    return "\n".join(_lines(weights, model, base, card, adapter)) + "\n"


def _lines(
    weights: str, model: GgufFile, base: BaseFacts, card: str, adapter: str
) -> Iterator[str]:
    yield "# In this folder: ollama create NAME -f Modelfile, then: ollama run NAME"
    if adapter:
        yield f"# Put the base beside it as {weights}: the adapter is laid over it."
    yield f"FROM ./{weights}"
    if adapter:
        yield f"ADAPTER ./{adapter}"
    rendering = rendering_of(model)
    turns = turns_of(rendering) if rendering else None
    if turns:
        yield "# The model's own chat template in Ollama's language; it makes the same prompts."
        yield f'TEMPLATE """{go_template(turns)}"""'
    else:
        yield "# No TEMPLATE: the model's own says what Ollama's language cannot, or there is none."
        yield "# See what Ollama makes of it with: ollama show NAME --template"
    yield f"PARAMETER temperature {SUITED.temperature:g}"
    yield f"PARAMETER top_p {SUITED.top_p:g}"
    yield f"PARAMETER repeat_penalty {SUITED.repeat_penalty:g}"
    yield f"PARAMETER num_ctx {context_of(model)}"
    end = special_token(model, "eos")
    if end and '"' not in end:
        yield f'PARAMETER stop "{end}"'
    if card:
        # Three quotation marks would end the text.
        system = prompt("writer").replace("{card}", card).replace('"""', "'''")
        yield "# The profile card of a reader: personal."
        yield f'SYSTEM """{system}"""'
    else:
        yield "# No SYSTEM: the reader's profile card is personal and was not asked for. Give it"
        yield "# as the system message, as README.md shows."
    licence = f"{base.licence.name} {base.licence.address}".strip()
    yield f'LICENSE """{licence}"""'


def context_of(model: GgufFile) -> int:
    """In tokens, at most `CONTEXT`."""
    architecture = text_field(model, "general.architecture") or ""
    return min(CONTEXT, number_field(model, f"{architecture}.context_length") or CONTEXT)


CARD_FILE = "card.txt"
"""What the commands call the file that holds the system message with a reader's card."""


def use_of_gguf(name: str, model: GgufFile) -> str:
    """How llama.cpp and Ollama run it, in Markdown."""
    file, context = shlex.quote(name), context_of(model)
    return _shell(
        f"llama-cli -m {file} -c {context} --temp 0 --repeat-penalty 1.1 -cnv -sysf {CARD_FILE}",
        f"llama-server -m {file} -c {context} --port 8080",
        "ollama create NAME -f Modelfile && ollama run NAME",
    )


def use_of_adapter_gguf(name: str, base: str, model: GgufFile) -> str:
    """How llama.cpp and Ollama lay an adapter over its base, in Markdown."""
    file, below, context = shlex.quote(name), shlex.quote(base), context_of(model)
    return _shell(
        f"llama-cli -m {below} --lora {file} -c {context} --temp 0 -cnv -sysf {CARD_FILE}",
        f"llama-server -m {below} --lora {file} -c {context} --port 8080",
        "ollama create NAME -f Modelfile && ollama run NAME",
    )


def use_of_adapter(base: str) -> str:
    """How peft loads an adapter, in Markdown."""
    return "\n".join(
        (
            "```python",
            "from peft import PeftModel",
            "from transformers import AutoModelForCausalLM, AutoTokenizer",
            "",
            f'base = AutoModelForCausalLM.from_pretrained("{base}")',
            'model = PeftModel.from_pretrained(base, ".")',
            f'tokenizer = AutoTokenizer.from_pretrained("{base}")',
            "```",
        )
    )


def _shell(*commands: str) -> str:
    return "\n".join(("```sh", *commands, "```"))
