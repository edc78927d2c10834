"""Do torch's tokenizer and llama.cpp's cut a text alike? And how BPE vocabularies split a text.

A GGUF names its pre-tokenizer (`tokenizer.ggml.pre`) where transformers spells it out, and neither
reads the other's: this table is the bridge. Only child processes import this module.
"""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import llama_cpp
from transformers import PreTrainedTokenizerBase

from models.errors import BadInput, JobFailed

_GPT4_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}%s"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def _split(pattern: str) -> dict[str, object]:
    regex = {"Regex": pattern}
    return {"type": "Split", "pattern": regex, "behavior": "Isolated", "invert": False}


def _bytes(use_regex: bool) -> dict[str, object]:
    return {"type": "ByteLevel", "add_prefix_space": False, "use_regex": use_regex}


@dataclass(frozen=True)
class PreTokenizer:
    """How a byte-level BPE vocabulary cuts a text before merging."""

    steps: tuple[dict[str, object], ...]
    """As the `tokenizers` package writes them, without `trim_offsets` (it moves no token)."""
    ignore_merges: bool = False
    """A word that is in the vocabulary is one token, whatever its merges say."""


PRE_TOKENIZERS = {
    "smollm": PreTokenizer(({"type": "Digits", "individual_digits": True}, _bytes(True))),
    "qwen2": PreTokenizer((_split(_GPT4_SPLIT % ""), _bytes(False))),
    "llama-bpe": PreTokenizer((_split(_GPT4_SPLIT % "{1,3}"), _bytes(False)), ignore_merges=True),
}
"""llama.cpp's name of a pre-tokenizer (llama-vocab.cpp) → the same in transformers' terms."""

PROBES = (
    "In 2023 there were 1984 copies at $3.14159, and it's 100% what THEY'RE after.\n\n I'd buy\t2",
    "a\u00a0b\u3000c ½ Ⅷ ٣٤٥ x²  naïve Größe 東京の本 Привет 🙂👍🏽 مرحبا",
    "\r\n\r\n    def f(x):\n\treturn x  # [/INST] <s> [b]...\n",
)
"""Texts where tokenizers that are nearly alike part: digits, contractions, spaces, scripts. All
are in Unicode's composed form, which Qwen's own tokenizer brings texts into and llama.cpp does not.
"""


def pre_tokenizer_name(tokenizer_json: Path) -> str | None:
    """llama.cpp's name of the pre-tokenizer in a tokenizer.json; None if it is not in the table."""
    pre = json.loads(tokenizer_json.read_text(encoding="utf-8")).get("pre_tokenizer") or {}
    steps = pre.get("pretokenizers", [pre])
    bare = [{key: step[key] for key in step if key != "trim_offsets"} for step in steps]
    return next((name for name, it in PRE_TOKENIZERS.items() if list(it.steps) == bare), None)


def set_pre_tokenizer(tokenizer_json: Path, name: str) -> None:
    """Make a saved tokenizer cut texts as llama.cpp does under that name (a key of the table)."""
    tokenizer = json.loads(tokenizer_json.read_text(encoding="utf-8"))
    known = PRE_TOKENIZERS[name]
    steps = [{**step, "trim_offsets": True} for step in known.steps]
    tokenizer["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": steps}
    tokenizer["normalizer"] = None  # llama.cpp normalises no byte-level vocabulary
    tokenizer["model"]["ignore_merges"] = known.ignore_merges
    tokenizer_json.write_text(json.dumps(tokenizer, ensure_ascii=False), encoding="utf-8")


@contextmanager
def opened(gguf: Path, vocabulary_only: bool = False) -> Iterator[llama_cpp.Llama]:
    """A GGUF in llama.cpp, with a context of 512 tokens; or its vocabulary alone.

    Raises:
        JobFailed: llama.cpp does not take the file.
    """
    try:
        llama = llama_cpp.Llama(str(gguf), vocab_only=vocabulary_only, n_ctx=512, verbose=False)
    except (ValueError, RuntimeError) as error:
        raise JobFailed(
            f"llama.cpp does not open {gguf}: {error}.", "What it said is in the run's log.txt."
        ) from error
    with closing(llama):
        yield llama


def llama_ids(llama: llama_cpp.Llama, text: str) -> list[int]:
    """llama.cpp's tokens of a text; special tokens written out in it count as such."""
    return llama.tokenize(text.encode(), add_bos=False, special=True)


def torch_ids(tokenizer: PreTrainedTokenizerBase, text: str) -> list[int]:
    """transformers' tokens of a text; special tokens written out in it count as such."""
    return cast(list[int], tokenizer(text, add_special_tokens=False)["input_ids"])


def check_same_tokens(tokenizer: PreTrainedTokenizerBase, llama: llama_cpp.Llama) -> None:
    """Check that both read the probes, and every special token, as the same tokens.

    Raises:
        BadInput: they differ; a model trained on the one would be used with the other.
    """
    special = [str(token) for token in tokenizer.all_special_tokens]
    for text in [*PROBES, " ".join(special), "".join(special)]:
        if torch_ids(tokenizer, text) != llama_ids(llama, text):
            raise BadInput(
                f"transformers and llama.cpp cut {text[:40]!r} into different tokens "
                f"with the vocabulary of {Path(llama.model_path).name}.",
                "Take another base; those of the catalogue agree.",
            )
