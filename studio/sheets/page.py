"""What the sheets share: text that people wrote made harmless in HTML and in Markdown.

A sheet loads nothing: its styles stand inside, and the browser is told to fetch nothing.
"""

import html
import re

from studio.text import visible

_STYLE = """
body { font: 11pt/1.45 Georgia, serif; color: #1a1a1a; background: #fff; max-width: 46em;
  margin: 2em auto; padding: 0 1em; }
h1 { font-size: 1.5em; margin: 0 0 .2em; } h2 { font-size: 1.1em; margin: 1.4em 0 .3em; }
p { margin: .4em 0; } .quiet { color: #555; font-size: .9em; }
.two { display: grid; grid-template-columns: 1fr 1fr; gap: 1.2em; }
.text { border: 1px solid #999; border-radius: 4px; padding: .6em .8em; white-space: pre-line; }
.ballot { break-inside: avoid; margin: 1.4em 0; border-top: 1px solid #ccc; padding-top: .6em; }
.code { font-family: ui-monospace, monospace; font-weight: bold; letter-spacing: .08em; }
.boxes span { margin-right: 1.4em; white-space: nowrap; }
blockquote { margin: .3em 0 .3em 1em; padding-left: .8em; border-left: 3px solid #bbb; }
table { border-collapse: collapse; } th, td { text-align: left; padding: .15em .9em .15em 0;
  vertical-align: top; } .hash { font-family: ui-monospace, monospace; font-size: .85em;
  overflow-wrap: anywhere; }
@media (max-width: 40em) { .two { grid-template-columns: 1fr; } }
@media print { body { margin: 0; max-width: none; } }
"""
_NOTHING_IS_FETCHED = "default-src 'none'; style-src 'unsafe-inline'"
_MARKDOWN_SIGNS = re.compile(r"([\\`*_\[\]<>#|~&$^@]|:(?=//))")
_BEGINS_A_LIST = re.compile(r"^(\d*)([.)+\-=])")


def html_text(text: str) -> str:
    """Text that somebody wrote, for anywhere between or inside tags."""
    return html.escape(visible(text), quote=True)


def html_page(title: str, body: str) -> str:
    """A whole page.

    Args:
        title: plain text.
        body: HTML in which everything that people wrote went through `html_text`.
    """
    return (
        "<!doctype html>\n"
        '<html lang="en"><head><meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_NOTHING_IS_FETCHED}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html_text(title)}</title>\n<style>{_STYLE}</style></head>\n"
        f"<body>\n{body}\n</body></html>\n"
    )


def markdown_line(text: str) -> str:
    """Text that somebody wrote, on one line, none of it read as Markdown or HTML."""
    plain = _MARKDOWN_SIGNS.sub(r"\\\1", " ".join(visible(text).split()))
    return _BEGINS_A_LIST.sub(r"\1\\\2", plain)


def markdown_quote(text: str) -> str:
    """Text that somebody wrote as a quoted block, line by line."""
    lines = [markdown_line(line) for line in visible(text).strip().splitlines()]
    return "\n".join(f"> {line}".rstrip() for line in lines)
