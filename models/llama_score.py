"""How likely a model holds given texts after a prompt: many texts in one batch.

The prompt is read once, into a context of its own, so that the one that writes keeps what it has
read. Each completion is a sequence that shares the prompt's cells of the KV cache, and the rows of
all of them are computed together. Heavy: imported by child processes only.
"""

from collections.abc import Iterator, Sequence
from itertools import takewhile

import llama_cpp
import numpy as np
from numpy.typing import NDArray

from models.errors import UserError
from models.llama_abort import AbortFlag

SEQUENCES_AT_ONCE = 16
ROWS_AT_ONCE = 256
"""Of logits, in one batch: with a vocabulary of 128 000, 131 MB of float32."""
ROWS_SUMMED = 32
"""Rows of logits taken as float64 at a time."""
PROMPT = 0
"""The sequence that holds the prompt; the completions' follow."""


class LlamaScorer:
    """A second context of a loaded model, with the prompt it read last."""

    def __init__(self, llama: llama_cpp.Llama, abort: AbortFlag) -> None:
        """
        Args:
            abort: heard while it computes.

        Raises:
            UserError: there is no memory for a second context.
        """
        params = llama_cpp.llama_context_params.from_buffer_copy(llama.context_params)
        params.n_seq_max = SEQUENCES_AT_ONCE + 1
        params.kv_unified = True
        context = llama_cpp.llama_init_from_model(llama.model, params)
        if context is None:
            raise UserError("llama.cpp has no memory left to score with.", "Close another model.")
        self._context = context
        self._memory = llama_cpp.llama_get_memory(context)
        self._room = int(params.n_ctx)
        self._vocabulary = llama.n_vocab()
        self._rows = max(1, min(ROWS_AT_ONCE, int(params.n_batch)))
        self._batch = llama_cpp.llama_batch_init(self._rows, 0, 1)
        self._held: list[int] = []
        """The prompt in the KV cache."""
        abort.heard_by(context)

    def close(self) -> None:
        """Free the context, before its model is; it cannot be used any more."""
        llama_cpp.llama_batch_free(self._batch)
        llama_cpp.llama_free(self._context)

    def logprobs(self, prompt: Sequence[int], completions: Sequence[Sequence[int]]) -> list[float]:
        """The log-probability of each completion, summed over its tokens.

        Args:
            prompt: at least one token; with the longest completion within the context.
            completions: none of them empty.

        Raises:
            RuntimeError: llama.cpp failed, or was told to stop.
        """
        try:
            self._read(prompt[:-1])
            found: list[float] = []
            for group in self._groups(len(prompt), completions):
                found += self._scored(prompt, group)
        except BaseException:
            # What the cache holds is not known any more.
            llama_cpp.llama_memory_clear(self._memory, True)
            self._held = []
            raise
        return found

    def _groups(
        self, prompt_tokens: int, completions: Sequence[Sequence[int]]
    ) -> Iterator[Sequence[Sequence[int]]]:
        """Completions that fit into the cache together."""
        start, taken = 0, prompt_tokens
        for place, completion in enumerate(completions):
            is_full = place - start == SEQUENCES_AT_ONCE or taken + len(completion) > self._room
            if is_full and place > start:
                yield completions[start:place]
                start, taken = place, prompt_tokens
            taken += len(completion)
        if start < len(completions):
            yield completions[start:]

    def _read(self, tokens: Sequence[int]) -> None:
        """Bring the prompt's sequence to exactly these tokens, computing only what it lacks."""
        pairs = zip(self._held, tokens, strict=False)
        shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
        if not llama_cpp.llama_memory_seq_rm(self._memory, PROMPT, shared, -1):
            # A recurrent model cannot go back: it begins anew.
            llama_cpp.llama_memory_clear(self._memory, True)
            shared = 0
        for start in range(shared, len(tokens), self._rows):
            some = tokens[start : start + self._rows]
            self._decode([(PROMPT, start + at, token) for at, token in enumerate(some)], False)
        self._held = list(tokens)

    def _scored(self, prompt: Sequence[int], completions: Sequence[Sequence[int]]) -> list[float]:
        totals = [0.0] * len(completions)
        rows, wanted = list[tuple[int, int, int]](), list[int]()
        for number, completion in enumerate(completions, PROMPT + 1):
            llama_cpp.llama_memory_seq_cp(self._memory, PROMPT, number, -1, -1)
            inputs = (prompt[-1], *completion[:-1])
            rows += [(number, len(prompt) - 1 + at, token) for at, token in enumerate(inputs)]
            wanted += completion
        for start in range(0, len(rows), self._rows):
            some = rows[start : start + self._rows]
            self._decode(some, True)
            logps = self._logps(wanted[start : start + len(some)])
            for (number, _, _), logp in zip(some, logps, strict=True):
                totals[number - PROMPT - 1] += logp
        for number in range(PROMPT + 1, PROMPT + 1 + len(completions)):
            llama_cpp.llama_memory_seq_rm(self._memory, number, -1, -1)
        return totals

    def _decode(self, rows: Sequence[tuple[int, int, int]], with_logits: bool) -> None:
        """Compute rows of (sequence, position, token)."""
        batch = self._batch
        batch.n_tokens = len(rows)
        for at, (sequence, position, token) in enumerate(rows):
            batch.token[at], batch.pos[at] = token, position
            batch.n_seq_id[at], batch.seq_id[at][0] = 1, sequence
            batch.logits[at] = with_logits
        if code := llama_cpp.llama_decode(self._context, batch):
            raise RuntimeError(f"llama_decode returned {code}")

    def _logps(self, wanted: Sequence[int]) -> list[float]:
        """The log-probability of one token in each row of the last batch."""
        logits = np.ctypeslib.as_array(
            llama_cpp.llama_get_logits(self._context), shape=(len(wanted), self._vocabulary)
        )
        starts = range(0, len(wanted), ROWS_SUMMED)
        parts = [
            _log_softmax_at(logits[at : at + ROWS_SUMMED], wanted[at : at + ROWS_SUMMED])
            for at in starts
        ]
        return [float(logp) for part in parts for logp in part]


def _log_softmax_at(logits: NDArray[np.float32], wanted: Sequence[int]) -> NDArray[np.float64]:
    """Of float32 (rows, V) the log-softmax at one column a row, float64 (rows,)."""
    rows = logits.astype(np.float64)
    top = rows.max(axis=1)
    normaliser = top + np.log(np.exp(rows - top[:, None]).sum(axis=1))
    found: NDArray[np.float64] = rows[np.arange(len(wanted)), list(wanted)] - normaliser
    return found
