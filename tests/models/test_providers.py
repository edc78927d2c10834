"""How a language model is named."""

import subprocess
import sys
from pathlib import Path

import pytest

from models.chat import Message, Sampling, complete
from models.errors import BadInput
from models.library import embedded_gguf
from models.providers import Endpoint, LocalFile, opened_model, parse_provider

ENDPOINTS = """
[endpoints.office]
base_url = "https://models.example/v1"
model = "big-one"
key_env = "OFFICE_KEY"

[endpoints.bench]
base_url = "http://127.0.0.1:8000/v1"
model = "small-one"

[endpoints.wide]
base_url = "http://127.0.0.1:8000/v1"
model = "small-one"
concurrency = 16
context = 32768

[endpoints.none]
base_url = "http://127.0.0.1:8000/v1"
model = "small-one"
concurrency = 0

[endpoints.odd]
base_url = 8000
model = "x"

[endpoints.secret]
base_url = "https://models.example/v1"
model = "x"
key = "sk-very-secret"
"""


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    (tmp_path / "endpoints.toml").write_text(ENDPOINTS)
    return tmp_path


def test_embedded_is_the_packaged_file(tmp_path: Path) -> None:
    assert parse_provider("embedded", tmp_path) == LocalFile(embedded_gguf())


def test_local_names_a_file_even_with_a_colon_in_its_name(tmp_path: Path) -> None:
    (tmp_path / "a:b.gguf").touch()
    expected = LocalFile(tmp_path / "a:b.gguf")
    assert parse_provider(f"local:{tmp_path}/a:b.gguf", tmp_path) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("endpoint:office", Endpoint("https://models.example/v1", "big-one", "OFFICE_KEY")),
        ("endpoint:bench", Endpoint("http://127.0.0.1:8000/v1", "small-one")),
        (
            "endpoint:wide",
            Endpoint("http://127.0.0.1:8000/v1", "small-one", concurrency=16, context=32768),
        ),
        ("endpoint:http://127.0.0.1:1/v1#a/b", Endpoint("http://127.0.0.1:1/v1", "a/b")),
    ],
)
def test_an_endpoint_is_named_in_the_file_or_by_its_address(
    data_dir: Path, text: str, expected: Endpoint
) -> None:
    assert parse_provider(text, data_dir) == expected


@pytest.mark.parametrize(
    "text", ["", "gpt", "embedded:x", "local:", "endpoint:", "Endpoint:office"]
)
def test_what_names_no_model_is_told_what_is_allowed(data_dir: Path, text: str) -> None:
    with pytest.raises(BadInput, match="names no language model") as caught:
        parse_provider(text, data_dir)
    assert all(word in caught.value.hint for word in ("`embedded`", "`local:", "`endpoint:"))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("local:/nowhere/at/all.gguf", "/nowhere/at/all.gguf"),
        ("endpoint:home", "bench, none, odd, office"),
        ("endpoint:odd", "base_url"),
        ("endpoint:none", "concurrency in [endpoints.none]"),
        ("endpoint:secret", "endpoints.secret"),
        ("endpoint:http://127.0.0.1:1/v1", "#model-id"),
    ],
)
def test_what_is_missing_or_wrong_is_named_and_no_key_is_told(
    data_dir: Path, text: str, told: str
) -> None:
    with pytest.raises(BadInput) as caught:
        parse_provider(text, data_dir)
    assert told in str(caught.value)
    assert "sk-very-secret" not in str(caught.value)


@pytest.mark.parametrize("content", ["[endpoints", "endpoints = 3", b"\xff\xfe"])
def test_a_broken_endpoints_file_is_named(tmp_path: Path, content: str | bytes) -> None:
    raw = content if isinstance(content, bytes) else content.encode()
    (tmp_path / "endpoints.toml").write_bytes(raw)
    with pytest.raises(BadInput, match=r"endpoints\.toml"):
        parse_provider("endpoint:office", tmp_path)


async def test_a_key_that_is_not_in_the_environment_is_named(data_dir: Path) -> None:
    with pytest.raises(BadInput, match="OFFICE_KEY"):
        async with opened_model("endpoint:office", data_dir):
            pass


async def test_the_embedded_provider_answers_and_logs_into_the_data_directory(
    tmp_path: Path,
) -> None:
    async with opened_model("embedded", tmp_path) as model:
        reply = await complete(model, [Message("user", "Hello")], Sampling(max_tokens=3))
    assert reply.completion_tokens == 3
    assert list((tmp_path / "logs").iterdir())


def test_naming_a_model_loads_neither_llama_cpp_nor_numpy_nor_openai() -> None:
    code = "import models.providers, sys; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    ).stdout.split()
    assert "models.local" in loaded
    assert not {"llama_cpp", "torch", "numpy", "openai"} & set(loaded)
