"""All traits of a profile as a tree of lines: name, bar from -1 to 1, score, confidence."""

from collections.abc import Mapping

from rich.cells import set_cell_size
from rich.style import Style
from rich.text import Text
from textual.widgets import Tree
from textual.widgets.tree import TreeNode

from engine.domain import Framework, Profile, Trait
from studio.text import bar, one_line

GROUPS: tuple[tuple[Framework, str], ...] = (
    ("demographics", "Demographics"),
    ("interests", "Interests"),
    ("aversions", "Turns away from"),
    ("schwartz", "Values: Schwartz"),
    ("hofstede", "Values: Hofstede"),
    ("wvs", "Values: World Values Survey"),
    ("ocean", "Personality: Big Five"),
)
NARROW = 50
"""Below this many columns the bars are shorter, to leave room for the names."""


class TraitTree(Tree[Trait | None]):
    """Groups first; facets and statements folded under their dimension (space unfolds)."""

    def __init__(self) -> None:
        super().__init__("traits", id="traits")
        self.show_root = False
        self.guide_depth = 2
        self._names: Mapping[str, str] = {}
        self._nodes_by_trait: dict[str, TreeNode[Trait | None]] = {}

    def show(self, profile: Profile, names: Mapping[str, str]) -> None:
        """Show a profile; the cursor and what is unfolded stay when the traits are the same."""
        self._names = names
        if set(self._nodes_by_trait) == {trait.id for trait in profile.traits}:
            for trait in profile.traits:
                node = self._nodes_by_trait[trait.id]
                node.data = trait
                node.set_label(trait.id)
        else:
            self._grow(profile)

    def _grow(self, profile: Profile) -> None:
        self.clear()
        self._nodes_by_trait = {}
        for framework, title in GROUPS:
            group = self.root.add(title, expand=True)
            for trait in profile.of(framework):
                under = self._parent_of(trait.id) or group
                if under is not group:
                    under.allow_expand = True
                self._nodes_by_trait[trait.id] = under.add_leaf(trait.id, trait)
        self.move_cursor_to_line(0)

    def _parent_of(self, trait_id: str) -> TreeNode[Trait | None] | None:
        """The line of the dimension that a facet or statement belongs to: ids nest by dots."""
        return self._nodes_by_trait.get(trait_id.rsplit(".", 1)[0])

    def on_resize(self) -> None:
        for trait_id, node in self._nodes_by_trait.items():
            node.set_label(trait_id)

    def render_label(self, node: TreeNode[Trait | None], base_style: Style, style: Style) -> Text:
        if node.data is None:
            return Text(str(node.label), style=style + Style(bold=True))
        depth = 1 if node.parent is not None and node.parent.data is None else 2
        sign = ("▾ " if node.is_expanded else "▸ ") if node.children else "  "
        width = self.scrollable_content_region.width - 2 * depth - len(sign)
        return Text(
            sign + _line(node.data, self._names.get(node.data.id, node.data.id), width), style
        )


def _line(trait: Trait, name: str, width: int) -> str:
    half = 3 if width < NARROW else 4
    result = _result(trait, half)
    star = "*" if trait.override else ""
    room = max(8, width - max(2 * half + 12, len(result)) - 1)
    return set_cell_size(one_line(name, room - len(star)) + star, room) + " " + result


def _result(trait: Trait, half: int) -> str:
    if trait.override is None and trait.status == "off":
        return "off (sensitive)"
    if not trait.is_known:
        return "marked unknown" if trait.override else "unknown"
    if (value := trait.effective_value) is not None:
        return one_line(value, 28)
    score = trait.effective_score
    return f"{bar(score, half)} {score:+.2f} {trait.effective_confidence:4.0%}"


def framework_of(node: TreeNode[Trait | None]) -> Framework | None:
    """The framework whose group this line names; None for a trait."""
    titles = {title: framework for framework, title in GROUPS}
    return None if node.data else titles.get(str(node.label))
