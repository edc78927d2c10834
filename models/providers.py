"""How people name a language model, and the model that the name means.

`embedded`, `local:FILE.gguf`, `endpoint:NAME` (from endpoints.toml in the data directory) or
`endpoint:URL#MODEL`. Keys are named by environment variable, never written down.
"""

import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from models.chat import ChatModel
from models.errors import BadInput
from models.library import embedded_gguf
from models.local import local_model

ALLOWED = (
    "Write `embedded`, `local:FILE.gguf`, `endpoint:NAME` for a name in endpoints.toml, "
    "or `endpoint:http://127.0.0.1:8000/v1#model-id`."
)
ENDPOINT_EXAMPLE = (
    'Write [endpoints.NAME] with base_url = "https://…/v1", model = "…" and, '
    'where it wants a key, key_env = "NAME_OF_A_VARIABLE". Two numbers may follow: concurrency '
    "(requests at once, 4 unless you say otherwise) and context (in tokens, 8192)."
)


@dataclass(frozen=True)
class LocalFile:
    """A GGUF file on this machine."""

    path: Path


@dataclass(frozen=True)
class Endpoint:
    """One model of one OpenAI-compatible server."""

    base_url: str
    model: str
    key_env: str = ""
    """The environment variable that holds the key; empty for a server that wants none."""
    concurrency: int = 4
    """Requests under way at once, at most."""
    context: int = 8192
    """In tokens, prompt and reply together, as far as the server takes them."""


def parse_provider(text: str, data_dir: Path) -> LocalFile | Endpoint:
    """What a provider's name means.

    Args:
        data_dir: holds endpoints.toml, if there is one.

    Raises:
        BadInput: it is none of the allowed ways, or names a file or an endpoint that is missing.
        UserError: the embedded model is not installed.
    """
    kind, _, rest = text.strip().partition(":")
    if (kind, rest) == ("embedded", ""):
        return LocalFile(embedded_gguf())
    if kind == "local" and rest:
        return _local_file(rest)
    if kind == "endpoint" and rest.startswith(("http://", "https://")):
        return _endpoint_at(rest)
    if kind == "endpoint" and rest:
        return _named_endpoint(rest, data_dir / "endpoints.toml")
    raise BadInput(f"{text!r} names no language model.", ALLOWED)


def endpoint_names(data_dir: Path) -> list[str]:
    """The names in endpoints.toml, in alphabetical order; none where there is no such file.

    Raises:
        BadInput: the file cannot be read.
    """
    return sorted(_endpoints(data_dir / "endpoints.toml"))


@asynccontextmanager
async def opened_model(
    text: str, data_dir: Path, context: int | None = None
) -> AsyncIterator[ChatModel]:
    """The chat model of a provider, for the length of a block.

    Args:
        data_dir: holds endpoints.toml; the logs of local models go to its folder `logs`.
        context: of a local model, in tokens, at most its own; None takes its own, up to 4096.

    Raises:
        UserError: the name means nothing, or the model cannot be opened.
    """
    provider = parse_provider(text, data_dir)
    if isinstance(provider, LocalFile):
        async with local_model(provider.path, data_dir / "logs", context) as model:
            yield model
        return
    # Here and not above: the client takes most of a second to import.
    from models.endpoint import EndpointModel

    async with EndpointModel(provider.base_url, provider.model, provider.key_env) as endpoint:
        yield endpoint


def _local_file(name: str) -> LocalFile:
    path = Path(name).expanduser()
    if not path.is_file():
        raise BadInput(f"There is no model file at {path}.", ALLOWED)
    return LocalFile(path)


def _endpoint_at(address: str) -> Endpoint:
    base_url, _, model = address.partition("#")
    if not model:
        raise BadInput(f"{address!r} does not say which model.", f"Write {address}#model-id.")
    return Endpoint(base_url, model)


def _named_endpoint(name: str, file: Path) -> Endpoint:
    known = _endpoints(file)
    if name not in known:
        there = f"It has {', '.join(sorted(known))}." if known else "It has none yet."
        raise BadInput(f"No endpoint {name!r} in {file}.", f"{there} {ENDPOINT_EXAMPLE}")
    fields = known[name]
    texts, numbers = {"base_url", "model", "key_env"}, {"concurrency", "context"}
    if (
        not isinstance(fields, dict)
        or not {"base_url", "model"} <= fields.keys() <= texts | numbers
    ):
        raise BadInput(f"[endpoints.{name}] of {file} is not as expected.", ENDPOINT_EXAMPLE)
    for key, value in fields.items():
        if key in texts and not isinstance(value, str):
            raise BadInput(f"{key} in [endpoints.{name}] of {file} is no text.", ENDPOINT_EXAMPLE)
        if key in numbers and not (type(value) is int and value > 0):
            raise BadInput(
                f"{key} in [endpoints.{name}] of {file} is {value!r}, not a whole number above 0.",
                ENDPOINT_EXAMPLE,
            )
    return Endpoint(**fields)


def _endpoints(file: Path) -> dict[str, object]:
    try:
        found = tomllib.loads(file.read_text(encoding="utf-8")).get("endpoints", {})
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise BadInput(f"{file} cannot be read: {error}.", ENDPOINT_EXAMPLE) from error
    if not isinstance(found, dict):
        raise BadInput(f"`endpoints` in {file} is no table.", ENDPOINT_EXAMPLE)
    return found
