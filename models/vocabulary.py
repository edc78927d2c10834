"""A Hugging Face vocabulary as the metadata of a GGUF: byte-level BPE, or sentencepiece's BPE.

Both are read from tokenizer.json, which is what trains the model too (`models.torch_base`); that
llama.cpp then cuts texts alike is checked with the finished file (`models.tokens`).
"""

import json
from collections.abc import Mapping
from pathlib import Path

from gguf import GGUFWriter, SpecialVocab, TokenType

from models.errors import BadInput
from models.tokens import pre_tokenizer_name

SPACE = "\u2581"
"""Sentencepiece's mark for a space."""
_UNSCORED = -1000.0
"""What llama.cpp's converter gives added tokens, which are found before anything is merged."""


def add_vocabulary(writer: GGUFWriter, folder: Path, size: int, spec: str) -> None:
    """Write tokens, how a text becomes them, special tokens and chat template.

    Args:
        size: rows of the model's embedding; ids that no token has are named `[PAD…]`.

    Raises:
        BadInput: the vocabulary is of no kind that llama.cpp would read alike.
    """
    file = folder / "tokenizer.json"
    tokenizer = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    pre = pre_tokenizer_name(file) if tokenizer else None
    if pre is not None:
        _add_byte_level(writer, tokenizer, pre, size)
    elif _is_sentencepiece(tokenizer):
        _add_sentencepiece(writer, tokenizer, size)
    else:
        raise BadInput(
            f"The vocabulary of {spec} is not one of those we convert.",
            "Served are byte-level BPE as SmolLM2, Qwen and Llama 3 have it, and sentencepiece's "
            "BPE as Llama 2, Mistral, Gemma and Phi-3 do, as a tokenizer.json; or name a GGUF of "
            "the model.",
        )
    SpecialVocab(folder, load_merges=pre is not None, n_vocab=size).add_to_gguf(writer)


def _add_byte_level(
    writer: GGUFWriter, tokenizer: Mapping[str, object], pre: str, size: int
) -> None:
    tokens, types = _tokens(tokenizer, size)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(pre)
    writer.add_token_list(tokens)
    writer.add_token_types(types)


def _add_sentencepiece(writer: GGUFWriter, tokenizer: Mapping[str, object], size: int) -> None:
    tokens, types = _tokens(tokenizer, size)
    scores = [_UNSCORED] * size
    for token, score in _scores(tokenizer).items():
        if types[token] == TokenType.NORMAL:
            scores[token] = score
    writer.add_tokenizer_model("llama")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(tokens)
    writer.add_token_scores(scores)
    writer.add_token_types(types)
    writer.add_add_space_prefix(_begins_with_space(tokenizer))


def _tokens(tokenizer: Mapping[str, object], size: int) -> tuple[list[str], list[int]]:
    """Every id's text and type; ids that the tokenizer leaves free are named `[PAD…]`.

    Ids past the model's embedding, as Gemma 3 has one for images, are left out.
    """
    model, added = tokenizer["model"], tokenizer["added_tokens"]
    assert isinstance(model, dict)
    assert isinstance(added, list)
    tokens = [f"[PAD{i}]" for i in range(size)]
    types = [int(TokenType.UNUSED)] * size
    by_bytes = bool(model.get("byte_fallback"))
    for text, number in model["vocab"].items():
        if number < size:
            is_byte = by_bytes and text.startswith("<0x") and len(text) == len("<0x00>")
            tokens[number] = text
            types[number] = int(TokenType.BYTE if is_byte else TokenType.NORMAL)
    for entry in (entry for entry in added if entry["id"] < size):
        kind = TokenType.CONTROL if entry["special"] else TokenType.USER_DEFINED
        text = entry["content"]
        # llama.cpp finds a user's token in the text as it was written.
        is_written = by_bytes and kind is TokenType.USER_DEFINED
        tokens[entry["id"]] = text.replace(SPACE, " ") if is_written else text
        types[entry["id"]] = int(kind)
    unknown = model["vocab"].get(model.get("unk_token"))
    if by_bytes and unknown is not None:
        types[unknown] = int(TokenType.UNKNOWN)
    return tokens, types


def _is_sentencepiece(tokenizer: Mapping[str, object]) -> bool:
    model = tokenizer.get("model")
    return (
        isinstance(model, dict) and model.get("type") == "BPE" and bool(model.get("byte_fallback"))
    )


def _scores(tokenizer: Mapping[str, object]) -> Mapping[int, float]:
    """Token id → its score: the sooner it is merged, the higher.

    llama.cpp merges the pair whose token has the highest score, where tokenizer.json ranks pairs.
    Sentencepiece's own scores of BPE are such ranks as well.
    """
    model = tokenizer["model"]
    assert isinstance(model, dict)
    vocabulary, scores = model["vocab"], dict[int, float]()
    for rank, pair in enumerate(model["merges"]):
        text = "".join(pair.split(" ") if isinstance(pair, str) else pair)
        scores.setdefault(vocabulary[text], float(-rank))
    # Single characters are merged from nothing: theirs are the lowest.
    return {**dict.fromkeys(vocabulary.values(), float(-len(model["merges"]))), **scores}


def _begins_with_space(tokenizer: Mapping[str, object]) -> bool:
    """Whether a text is read as if a space stood before it."""
    told = json.dumps([tokenizer.get("normalizer"), tokenizer.get("pre_tokenizer")])
    return (
        '"Prepend"' in told
        or '"prepend_scheme": "always"' in told
        or ('"prepend_scheme": "first"' in told)
    )
