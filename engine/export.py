"""Export, as one job: merge the adapter, quantise, and have llama.cpp answer with the result.

The making of the files is `engine.export_files`; here is what comes before and after. Measuring
the model is not done here.
"""

from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from itertools import islice
from pathlib import Path
from threading import Event as Flag

from llama_cpp import Llama
from llama_cpp.llama_chat_format import Jinja2ChatFormatter
from transformers import PreTrainedTokenizerBase

from engine.export_files import ADAPTER, ExportPlan, make_files, passed_on, plan_of
from engine.jobs import RunDir
from models.convert import base_gguf
from models.errors import JobFailed
from models.events import Event, Finished, Note
from models.tokens import llama_ids, opened, torch_ids
from models.torch_base import load_tokenizer

QUESTION = "What makes a book worth reading? Answer in one sentence."
ANSWER_TOKENS = 32


def work(run: RunDir, settings: Mapping[str, object], asked_to_stop: Flag) -> Iterator[Event]:
    """Make the ordered files of what a training run made, an adapter or a whole model.

    Args:
        run: its directory gets `merged.F16.gguf` and `NAME.QUANT.gguf`.
        settings: see `engine.export_files.plan_of`.
        asked_to_stop: ends the work at the next event; whole files stay for the next start.

    Yields:
        Steps and notes, then Finished with `run`, `base_gguf` and `files` (see `make_files`); where
        a whole model was ordered also `merged`, `answer`, `prompt_tokens_equal`, and the figures of
        the first file by themselves. No Finished when asked to stop.

    Raises:
        BadInput: no adapter, nothing that can be made, or a base that is not served.
        JobFailed: the disk is too small, or the result does not answer.
    """
    plan = plan_of(run.path, settings)
    with closing(_stages(run, plan)) as events:
        for event in events:
            if asked_to_stop.is_set() and not isinstance(event, Finished):
                return
            yield event


def _stages(run: RunDir, plan: ExportPlan) -> Generator[Event, None, None]:
    base = yield from passed_on(base_gguf(plan.base, plan.cache_dir))
    made = yield from passed_on(make_files(Path(str(base["gguf"])), plan))
    result = {"run": run.id, "base_gguf": str(base["gguf"]), **made}
    files = made["files"]
    assert isinstance(files, list)
    first = files[0]
    if first["quant"] == ADAPTER:
        yield Finished(result)
        return
    yield Note("llama.cpp opens the model and answers.")
    tokenizer = load_tokenizer(plan.base, plan.cache_dir)
    answer, equal = _answer(Path(str(first["gguf"])), tokenizer)
    if not equal:
        yield Note("The prompt's tokens differ between the training and this file.")
    checked = {"merged": str(plan.merged), "answer": answer, "prompt_tokens_equal": equal}
    yield Finished({**result, **first, **checked})


def _answer(gguf: Path, tokenizer: PreTrainedTokenizerBase) -> tuple[str, bool]:
    """llama.cpp's greedy answer, and whether it read the prompt as the tokens of the training."""
    messages = [{"role": "user", "content": QUESTION}]
    prompt = tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
    assert isinstance(prompt, str)
    with opened(gguf) as llama:
        ids = llama_ids(llama, _rendered_by_llama(llama))
        answer: list[int] = []
        for token in islice(llama.generate(ids, temp=0.0), ANSWER_TOKENS):
            if token == llama.token_eos():
                break
            answer.append(token)
        text = llama.detokenize(answer).decode("utf-8", "replace").strip()
    if not text:
        raise JobFailed(
            f"{gguf.name} opens, and answers nothing.", "Train again, with fewer steps."
        )
    return text, ids == torch_ids(tokenizer, prompt)


def _rendered_by_llama(llama: Llama) -> str:
    """The question under the chat template that the GGUF carries."""
    formatter = Jinja2ChatFormatter(
        template=llama.metadata["tokenizer.chat_template"],
        eos_token=llama.detokenize([llama.token_eos()], special=True).decode(),
        bos_token=llama.detokenize([llama.token_bos()], special=True).decode(),
    )
    return formatter(messages=[{"role": "user", "content": QUESTION}]).prompt
