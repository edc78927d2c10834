"""The child process itself, spoken to over its pipes, with the embedded model."""

import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import llama_cpp
import numpy as np
import pytest

from models.library import embedded_gguf

ROOT = Path(__file__).parents[2]
LONG_PROMPT = "A reader writes about a long book of the sea and its weather. " * 250
"""About 3500 tokens: many seconds of reading on two cores."""
CAPITAL = "What is the capital of France?"
"""The first words of the greedy reply do not hang on rounding, so that replies can be compared."""
STOPPED_WITHIN_S = 2.0
"""A tenth of a second on an idle machine; far less than the reading or the reply would take."""

Line = dict[str, Any]


class Host:
    """A child and what it said."""

    def __init__(self, gguf: Path, log: Path, *options: str) -> None:
        self.child = subprocess.Popen(
            [sys.executable, "-m", "models.host", str(gguf), "--log", str(log), *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        self.log = log
        self.last_id = 0
        self.first = self.line()

    def send(self, request: Line) -> int:
        assert self.child.stdin is not None
        self.last_id += 1
        self.child.stdin.write(json.dumps({"id": self.last_id, **request}) + "\n")
        self.child.stdin.flush()
        return self.last_id

    def stop(self, request_id: int) -> None:
        assert self.child.stdin is not None
        self.child.stdin.write(json.dumps({"stop": request_id}) + "\n")
        self.child.stdin.flush()

    def line(self) -> Line:
        assert self.child.stdout is not None
        line: Line = json.loads(self.child.stdout.readline())
        return line

    def chat(self, content: str, **sampling: object) -> list[Line]:
        """Every line of the answer to one user message."""
        self.send(chat(content, **sampling))
        lines = [self.line()]
        while not lines[-1].keys() & {"reply", "failed"}:
            lines.append(self.line())
        return lines

    def tokens(self, content: str) -> list[int]:
        self.send({"tokenize": [{"role": "user", "content": content}]})
        return list(self.line()["tokens"])

    def scores(self, content: str, completions: Sequence[str]) -> Line:
        messages = [{"role": "user", "content": content}]
        self.send({"score": {"messages": messages, "completions": list(completions)}})
        return self.line()

    def end(self) -> int:
        assert self.child.stdin is not None
        assert self.child.stdout is not None
        self.child.stdin.close()
        try:
            return self.child.wait(timeout=20)
        finally:
            self.child.kill()
            self.child.stdout.close()


def chat(content: str, **sampling: object) -> Line:
    messages = [{"role": "user", "content": content}]
    return {"chat": {"messages": messages, "sampling": {"max_tokens": 12, **sampling}}}


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    host = Host(embedded_gguf(), tmp_path_factory.mktemp("host") / "log.txt")
    yield host
    host.end()


def test_the_first_line_names_the_files_hash_and_the_context(host: Host) -> None:
    ready = host.first["ready"]
    assert ready["sha256"] == hashlib.sha256(embedded_gguf().read_bytes()).hexdigest()
    assert ready["n_ctx"] == 4096
    assert "smollm2" in ready["name"].lower()


def test_what_llama_cpp_prints_is_in_the_log_and_not_among_the_replies(host: Host) -> None:
    assert "llama_model_loader" in host.log.read_text()
    assert host.tokens("Hello")


def test_the_pieces_of_a_reply_are_the_reply_and_the_prompt_is_counted(host: Host) -> None:
    started, *pieces, last = host.chat("Name three fruits.")
    reply = last["reply"]
    assert "".join(piece["text"] for piece in pieces) == reply["text"] != ""
    assert started["started"]["prompt_tokens"] == len(host.tokens("Name three fruits."))
    assert reply["completion_tokens"] == 12
    assert reply["stopped"] == "length"
    assert reply["tokens_per_second"] > 0


def test_the_same_seed_gives_the_same_reply_and_another_seed_another(host: Host) -> None:
    def text(seed: int) -> str:
        reply = host.chat("Tell a story.", temperature=1.5, seed=seed, max_tokens=20)[-1]["reply"]
        return str(reply["text"])

    text(0)  # from here on the prompt is in the cache, and its logits are the same to the bit
    assert text(0) == text(0)
    assert text(0) != text(7)


def test_a_second_question_to_the_same_profile_reads_only_what_is_new(host: Host) -> None:
    profile = "The reader likes slow, quiet books about the sea. " * 8
    first = host.chat(f"{profile}Describe a thriller.", max_tokens=2)[-1]
    second = host.chat(f"{profile}Describe a romance.", max_tokens=2)[-1]
    assert first["evaluated_tokens"] > 80
    assert second["evaluated_tokens"] < 20
    assert second["reply"]["prompt_tokens"] > 100


def test_a_stop_ends_a_reply_with_what_there_is(host: Host) -> None:
    endless = json.dumps({"const": "on and on " * 1000})
    request = host.send(chat("Sing.", json_schema=endless, max_tokens=2000))
    while "text" not in host.line():
        pass
    host.stop(request)
    stopped_at = time.monotonic()
    while "reply" not in (line := host.line()):
        pass
    assert time.monotonic() - stopped_at < STOPPED_WITHIN_S
    assert line["reply"]["stopped"] == "asked"
    assert 0 < line["reply"]["completion_tokens"] < 2000


def test_a_stop_in_the_middle_of_a_long_prompt_does_not_wait_for_its_end(host: Host) -> None:
    before = host.chat(CAPITAL, max_tokens=6)[-1]["reply"]["text"]
    request = host.send(chat(LONG_PROMPT))
    assert host.line()["started"]["prompt_tokens"] > 3000
    time.sleep(0.3)
    host.stop(request)
    stopped_at = time.monotonic()
    reply = host.line()["reply"]
    assert time.monotonic() - stopped_at < STOPPED_WITHIN_S
    assert (reply["stopped"], reply["completion_tokens"]) == ("asked", 0)
    assert host.chat(CAPITAL, max_tokens=6)[-1]["reply"]["text"] == before


def test_a_json_schema_gives_json_of_that_shape(host: Host) -> None:
    schema = {
        "type": "object",
        "properties": {"likes": {"type": "boolean"}, "score": {"type": "integer"}},
        "required": ["likes", "score"],
        "additionalProperties": False,
    }
    question = "Does a person who reads every night like books? Score 1 to 5."
    reply = host.chat(question, json_schema=json.dumps(schema), max_tokens=60)[-1]["reply"]
    value = json.loads(reply["text"])
    assert value.keys() == {"likes", "score"}
    assert isinstance(value["likes"], bool)
    assert isinstance(value["score"], int)
    assert reply["stopped"] == "end"


@pytest.mark.parametrize("wanted", ["שלום עולם [/INST]", "﷽ naïve ꙮ <|im_end|>"])
def test_a_reply_streams_whole_characters_of_any_script(host: Host, wanted: str) -> None:
    """The schema leaves the model one reply only; its letters are several tokens each."""
    schema = json.dumps({"enum": [wanted]})
    _, *pieces, last = host.chat("Say it.", json_schema=schema, max_tokens=80)
    text = "".join(piece["text"] for piece in pieces)
    assert json.loads(text) == wanted
    assert text == last["reply"]["text"]
    assert not any("\ufffd" in piece["text"] for piece in pieces)
    assert len(pieces) < last["reply"]["completion_tokens"], "no token was half a character"


@pytest.mark.parametrize("schema", ["no json", '{"type": "walrus"}', '{"$ref": "#/nowhere"}'])
def test_a_schema_that_cannot_be_followed_gives_a_sentence(host: Host, schema: str) -> None:
    assert "JSON schema" in host.chat("Hello", json_schema=schema)[-1]["failed"]
    assert "reply" in host.chat("Hello", max_tokens=2)[-1]


def test_a_prompt_over_the_context_gives_a_sentence_with_both_numbers(host: Host) -> None:
    (failed,) = host.chat(LONG_PROMPT * 2)
    assert "4096" in failed["failed"]
    assert "reply" in host.chat("Hello", max_tokens=2)[-1]


def test_half_a_surrogate_pair_in_a_prompt_does_not_end_the_host(host: Host) -> None:
    assert "reply" in host.chat("broken \ud83d text", max_tokens=2)[-1]


@pytest.mark.parametrize(
    "request_",
    [{}, {"malformed": 1}, {"chat": {"messages": [{"role": "user"}], "sampling": {}}}],
)
def test_what_is_no_request_gives_a_sentence(host: Host, request_: Line) -> None:
    host.send(request_)
    assert host.line()["failed"].startswith("Not a ")


def test_scores_are_the_log_probabilities_of_the_whole_text_read_at_once(host: Host) -> None:
    """Read by plain llama.cpp: every logit of prompt and completion in one pass, no cache.

    The last completion is longer than one batch of scored rows.
    """
    completions = ["Paris.<|im_end|>", "A walrus, I think.", "The sea is wide. " * 20]
    prompt = host.tokens(CAPITAL)
    host.chat("Something else in between.", max_tokens=3)
    scores = host.scores(CAPITAL, completions)["scores"]
    plain = llama_cpp.Llama(
        str(embedded_gguf()), n_ctx=512, logits_all=True, n_threads_batch=1, verbose=False
    )
    for completion, score in zip(completions, scores, strict=True):
        tokens = plain.tokenize(completion.encode(), add_bos=False, special=True)
        plain.reset()  # type: ignore[no-untyped-call] # llama-cpp-python's
        plain.eval([*prompt, *tokens])
        logits = plain.scores[len(prompt) - 1 : len(prompt) + len(tokens) - 1].astype(np.float64)
        logps = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
        expected = logps[np.arange(len(tokens)), tokens].sum()
        assert score["tokens"] == len(tokens)
        assert score["logprob"] == pytest.approx(expected, rel=0.01, abs=0.05)
    assert scores[0]["logprob"] > scores[1]["logprob"]


def test_completions_in_one_batch_score_as_each_does_alone(tmp_path: Path) -> None:
    """In a context of 160 tokens two fit beside the prompt at a time, and twenty sequences are
    more than one batch has; the first and the last are the same text."""
    small = Host(embedded_gguf(), tmp_path / "log.txt", "--n-ctx", "160")
    try:
        long_ones = ["The sea is wide. " * count for count in (9, 10, 9)]
        short_ones = [f"City {number}." for number in range(20)]
        completions = ["Paris.", *long_ones, *short_ones, "Paris."]
        together = small.scores(CAPITAL, completions)["scores"]
        one_by_one = [small.scores(CAPITAL, [text])["scores"][0] for text in completions]
    finally:
        small.end()
    assert [score["tokens"] for score in together] == [score["tokens"] for score in one_by_one]
    alone = [score["logprob"] for score in one_by_one]
    assert [score["logprob"] for score in together] == pytest.approx(alone, rel=0.005, abs=0.05)
    assert together[0]["logprob"] == pytest.approx(together[-1]["logprob"], abs=0.05)
    assert len({round(logprob, 2) for logprob in alone}) > 15


def test_scoring_leaves_the_prompt_that_was_read_in_the_cache(host: Host) -> None:
    """The card's prefix is there for the next description, whatever was scored in between."""
    host.chat(LONG_PROMPT[:2000], max_tokens=1)
    host.scores(CAPITAL, ["Paris.", "London."])
    assert host.chat(LONG_PROMPT[:2000], max_tokens=1)[-1]["evaluated_tokens"] <= 1


def test_a_reply_after_scoring_is_the_reply_before_it(host: Host) -> None:
    before = host.chat(CAPITAL, max_tokens=6)[-1]["reply"]["text"]
    host.scores(CAPITAL, ["Paris.", "London."])
    assert host.chat(CAPITAL, max_tokens=6)[-1]["reply"]["text"] == before


def test_an_empty_completion_gives_a_sentence(host: Host) -> None:
    assert "empty" in host.scores("Hello", ["fine", ""])["failed"].lower()


def test_the_host_ends_when_its_stdin_closes_even_in_the_middle_of_a_prompt(
    tmp_path: Path,
) -> None:
    host = Host(embedded_gguf(), tmp_path / "log.txt")
    host.send(chat(LONG_PROMPT))
    assert "started" in host.line()
    closed_at = time.monotonic()
    assert host.end() == 0
    assert time.monotonic() - closed_at < STOPPED_WITHIN_S


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "cannot be read"),
        (b"", "not a GGUF"),
        (b"<!DOCTYPE html>", "not a GGUF"),
        (b"GGUF\x03\x00", "cannot load"),
    ],
)
def test_a_file_that_is_no_model_gives_a_sentence_that_names_it(
    tmp_path: Path, content: bytes | None, told: str
) -> None:
    gguf = tmp_path / "model.gguf"
    if content is not None:
        gguf.write_bytes(content)
    host = Host(gguf, tmp_path / "log.txt")
    assert told in host.first["failed"]
    assert str(gguf) in host.first["failed"]
    assert host.end() == 1


def test_a_model_file_that_was_cut_off_gives_a_sentence(tmp_path: Path) -> None:
    gguf = tmp_path / "cut.gguf"
    with embedded_gguf().open("rb") as whole:
        gguf.write_bytes(whole.read(20_000_000))
    host = Host(gguf, tmp_path / "log.txt")
    assert "cannot load" in host.first["failed"]
    assert host.end() == 1
