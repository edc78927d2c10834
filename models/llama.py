"""A chat model in a GGUF file, through llama.cpp: its replies, and scores of given text.

Heavy: imported by child processes only (`models.host`). Knows no pipes and no requests.
"""

import codecs
import hashlib
import os
import time
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from itertools import islice, takewhile
from pathlib import Path

import llama_cpp
from llama_cpp.llama_grammar import LlamaGrammar

from models.chat import ChatEvent, Message, Reply, Sampling, Score, Started, Stopped, Text
from models.errors import BadInput, UserError
from models.llama_abort import AbortFlag, AskedToStop
from models.llama_score import LlamaScorer
from models.llama_text import LlamaText

MAX_CONTEXT = 4096
"""In tokens; what a prompt and its reply may take where nobody asks for more."""
BATCH = 512


class LlamaChat:
    """One GGUF file in memory, with the KV cache of what it read last."""

    def __init__(
        self, path: Path, context: int | None = None, vocabulary_only: bool = False
    ) -> None:
        """Load the file.

        Args:
            context: in tokens, at most the model's own; None takes the model's, up to 4096.
            vocabulary_only: leave the weights on the disk and the file unhashed; `prompt_tokens`
                is all that can then be asked.

        Raises:
            UserError: the file is missing, no GGUF, cut off, of an unknown kind, or no chat model.
        """
        _require_gguf(path)
        if vocabulary_only:
            self._llama, self.sha256 = _loaded(path, BATCH, vocabulary_only), ""
        else:
            with ThreadPoolExecutor(1) as beside:
                digest = beside.submit(_sha256, path)
                self._llama = _loaded(path, context or MAX_CONTEXT)
                self.sha256 = digest.result()
        metadata = self._llama.metadata
        if "tokenizer.chat_template" not in metadata:
            raise BadInput(f"{path} has no chat template.", "Choose an instruct or chat model.")
        self.name = metadata.get("general.name") or path.stem
        trained = metadata[f"{metadata['general.architecture']}.context_length"]
        self.context = min(context or MAX_CONTEXT, int(trained))
        self._text = LlamaText(self._llama, metadata["tokenizer.chat_template"])
        self._scorer: LlamaScorer | None = None
        self._abort = AbortFlag()
        self._abort.heard_by(self._llama.ctx)

    def prompt_tokens(self, messages: Sequence[Message]) -> list[int]:
        """The token ids that a conversation is to this model; see `LlamaText.prompt_tokens`."""
        return self._text.prompt_tokens(messages)

    def stream(
        self, messages: Sequence[Message], sampling: Sampling, asked_to_stop: AskedToStop
    ) -> Iterator[ChatEvent]:
        """Answer a conversation: one `Started`, any number of `Text`, one `Reply`.

        Args:
            asked_to_stop: asked often; once it says yes, the reply ends with what there is.

        Raises:
            UserError: the prompt is over the context, or the JSON schema cannot be followed.
        """
        asked_at = time.monotonic()
        prompt = self.prompt_tokens(messages)
        room = self.context - len(prompt)
        self._require_room(len(prompt) + 1)
        yield Started(self.sha256, len(prompt))
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        text, token_times = "", list[float]()
        stopped: Stopped = "asked"
        with self._stoppable(asked_to_stop), closing(self._tokens(prompt, sampling)) as tokens:
            for token in tokens:
                if asked_to_stop():
                    break
                if self._text.ends_turn(token):
                    stopped = "end"
                    break
                token_times.append(time.monotonic())
                if piece := decoder.decode(self._text.bytes_of(token)):
                    text += piece
                    yield Text(piece)
                if len(token_times) >= min(sampling.max_tokens, room):
                    stopped = "length"
                    break
        if rest := decoder.decode(b"", final=True):
            text += rest
            yield Text(rest)
        generating_s = token_times[-1] - token_times[0] if token_times else 0.0
        yield Reply(
            text=text,
            model_sha256=self.sha256,
            prompt_tokens=len(prompt),
            completion_tokens=len(token_times),
            time_to_first_token_s=(token_times or [time.monotonic()])[0] - asked_at,
            tokens_per_second=(len(token_times) - 1) / generating_s if generating_s else 0.0,
            stopped=stopped,
        )

    def score(
        self, messages: Sequence[Message], completions: Sequence[str], asked_to_stop: AskedToStop
    ) -> list[Score]:
        """How likely each completion is after the same prompt, all of them in one batch.

        Args:
            completions: each tokenised on its own, control tokens being themselves, so that one
                may end with the template's end of turn.

        Raises:
            UserError: a completion is empty, one is over the context with its prompt, or
                somebody pressed stop.
        """
        branches = [self._text.tokens(completion) for completion in completions]
        return self.score_tokens(self.prompt_tokens(messages), branches, asked_to_stop)

    def score_tokens(
        self,
        prompt: Sequence[int],
        branches: Sequence[Sequence[int]],
        asked_to_stop: AskedToStop,
    ) -> list[Score]:
        """As `score`, of token ids.

        Raises:
            UserError: as of `score`.
        """
        if not all(branches):
            raise BadInput("An empty completion has no probability.", "Give it some text.")
        self._require_room(len(prompt) + max(map(len, branches), default=0))
        if self._scorer is None:
            self._scorer = LlamaScorer(self._llama, self._abort)
        logprobs = list[float]()
        with self._stoppable(asked_to_stop):
            logprobs = self._scorer.logprobs(prompt, branches)
        if len(logprobs) < len(branches):
            raise UserError("The scoring was stopped.")
        pairs = zip(logprobs, branches, strict=True)
        return [Score(logprob, len(branch)) for logprob, branch in pairs]

    def greedy_tokens(self, prompt: Sequence[int], max_tokens: int) -> list[int]:
        """The likeliest next tokens, one after the other, without the one that ends the turn."""
        greedy = Sampling(temperature=0.0, repeat_penalty=1.0)
        with closing(self._tokens([*prompt], greedy)) as tokens:
            answer = takewhile(lambda token: not self._text.ends_turn(token), tokens)
            return list(islice(answer, max_tokens))

    def close(self) -> None:
        """Free the weights, and what both contexts hold, at once."""
        if self._scorer is not None:
            self._scorer.close()
            self._scorer = None
        self._llama.close()

    def evaluated_tokens(self) -> int:
        """How many tokens of prompts were computed, not found in the KV cache, since last asked.

        llama.cpp's own count: at least 1, and without batches of a single token.
        """
        counted = llama_cpp.llama_perf_context(self._llama.ctx).n_p_eval
        llama_cpp.llama_perf_context_reset(self._llama.ctx)
        return int(counted)

    @contextmanager
    def _stoppable(self, asked_to_stop: AskedToStop) -> Iterator[None]:
        """End the block early, without an error, when a stop cuts llama.cpp's work short."""
        try:
            with self._abort.raised_by(asked_to_stop):
                yield
        except RuntimeError as error:
            # What is in the KV cache is whole, but the logits are not those of its last token.
            self._llama._requires_eval = True
            if not asked_to_stop():
                raise UserError(f"llama.cpp failed: {error}.", "Its log may say why.") from error

    def _tokens(self, prompt: list[int], sampling: Sampling) -> Generator[int, None, None]:
        """The reply, token by token. What the KV cache holds of the prompt is not read again."""
        self._llama.set_seed(sampling.seed)
        yield from self._llama.generate(
            prompt,
            temp=sampling.temperature,
            top_p=sampling.top_p,
            repeat_penalty=sampling.repeat_penalty,
            top_k=0,
            min_p=0.0,
            grammar=self._grammar(sampling.json_schema) if sampling.json_schema else None,
        )

    def _grammar(self, json_schema: str) -> LlamaGrammar:
        try:
            grammar = LlamaGrammar.from_json_schema(json_schema)
        except Exception as error:
            # llama-cpp-python's converter raises whatever it stumbles over.
            raise BadInput(f"This JSON schema cannot be followed: {error!r}.") from error
        vocab = llama_cpp.llama_model_get_vocab(self._llama.model)
        # `generate` would add a null sampler, which ends the process at the first token.
        sampler = llama_cpp.llama_sampler_init_grammar(vocab, grammar._grammar.encode(), b"root")
        if not sampler:
            raise BadInput(f"llama.cpp cannot follow this JSON schema: {json_schema[:200]}.")
        llama_cpp.llama_sampler_free(sampler)
        return grammar

    def _require_room(self, tokens: int) -> None:
        if tokens > self.context:
            raise BadInput(
                f"The text takes {tokens} tokens, and {self.name} is open for {self.context}.",
                "Shorten the prompt, or choose a model with a longer context.",
            )


def _require_gguf(path: Path) -> None:
    try:
        with path.open("rb") as file:
            magic = file.read(4)
    except OSError as error:
        raise BadInput(
            f"The model file {path} cannot be read: {error.strerror}.", "Check the path."
        ) from error
    if magic != b"GGUF":
        raise BadInput(
            f"{path} is not a GGUF file: it begins with {magic!r}.", "Choose a .gguf file."
        )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _loaded(path: Path, context: int, vocabulary_only: bool = False) -> llama_cpp.Llama:
    cores = os.cpu_count() or 1
    try:
        return llama_cpp.Llama(
            str(path),
            vocab_only=vocabulary_only,
            n_ctx=context,
            n_batch=BATCH,
            n_threads=cores,
            n_threads_batch=cores,
            n_gpu_layers=-1 if llama_cpp.llama_supports_gpu_offload() else 0,
            flash_attn=False,
            verbose=True,
        )
    except ValueError as error:
        raise UserError(
            f"llama.cpp cannot load {path}.",
            "The file may be cut off, of a kind this llama.cpp does not know, or over the memory.",
        ) from error
