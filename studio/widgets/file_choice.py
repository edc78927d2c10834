"""The path of a file, typed or picked in a tree of folders."""

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path

from textual import getters, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import DirectoryTree, Input, Label

from studio.typed_path import typed_path
from studio.widgets.file_tree import FileTree


class FileChoice(Vertical):
    """A field for a path, and below it the tree that fills it in."""

    path = getters.query_one("#path", Input)
    tree_ = getters.query_one(FileTree)

    @dataclass
    class Picked(Message):
        """A file was picked in the tree; its path stands in the field."""

    def __init__(self, example: str) -> None:
        """
        Args:
            example: shown while the field is empty.
        """
        super().__init__()
        self._example = example

    def compose(self) -> ComposeResult:
        yield Label("Path of the file; or pick it below", classes="label")
        yield Input(placeholder=self._example, id="path", compact=True)
        yield FileTree(Path.cwd(), id="tree")

    @on(DirectoryTree.FileSelected)
    def _pick(self, event: DirectoryTree.FileSelected) -> None:
        event.stop()
        self.path.value = str(event.path)
        self.post_message(self.Picked())

    async def chosen(self) -> Path | None:
        """The path in the field; None where it is that of a folder, which the tree then shows.

        Raises:
            BadInput: there is none.
        """
        path = typed_path(self.path.value)
        if not await asyncio.to_thread(os.path.isdir, path):
            return path
        self.tree_.path = path
        self.tree_.focus()
        return None
