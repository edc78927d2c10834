"""A tree of folders and files to pick one from, safe against odd file names."""

from rich.text import Text, TextType
from textual.widgets import DirectoryTree

from studio.text import one_line


class FileTree(DirectoryTree):
    """Names show as they are: brackets are no markup, control characters are visible."""

    def process_label(self, label: TextType) -> Text:
        return Text(one_line(str(label)))
