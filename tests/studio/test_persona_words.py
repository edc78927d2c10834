"""Personas in words: names as they are written, text of models as text, words told on one side."""

from dataclasses import replace

from engine.personas.editing import Entry
from engine.personas.figures import figures
from engine.personas.held_out import GroupPersona, UnseenChoice
from engine.personas.map import MOST_TWINS, Group, PersonaMap, Twins
from engine.personas.saliency import SalientWord
from models.events import Finished
from studio.persona_words import entry_lines, figure_lines, group_lines, map_lines, work_told
from tests.engine.persona_rows import a_persona, examples
from tests.persona_model import PLAIN


def a_map(*words: SalientWord) -> PersonaMap:
    group = Group("plain", (("l00", "chosen"),), (PLAIN,), 1)
    return PersonaMap("letters", (group,), (), words, True)


def test_a_models_name_keeps_its_capitals() -> None:
    persona = replace(a_persona("l00"), model_name="Qwen2.5-Q4_K_M")
    told = "\n".join(entry_lines(Entry(examples()[0], {"chosen": persona})))
    assert "Inferred by Qwen2.5-Q4_K_M." in told


def test_no_persona_steers_the_terminal() -> None:
    """As one that an older version stored may."""
    persona = a_persona("l00", text="The user is \x1b[2Jodd and prefers answers.")
    told = "\n".join(entry_lines(Entry(examples()[0], {"chosen": persona})))
    assert "\x1b" not in told


def test_each_word_is_told_of_the_side_that_has_it_oftener_the_commoner_first() -> None:
    found = a_map(
        SalientWord("brief", 9, 0),
        SalientWord("even", 5, 5),
        SalientWord("story", 0, 8),
        SalientWord("vivid", 0, 5),
    )
    chosen, rejected = list(map_lines(found))[-2:]
    assert chosen.endswith("chosen answers:   brief (9 to 0)")
    assert rejected.endswith("rejected answers: story (0 to 8), vivid (0 to 5)")


def test_twins_that_were_cut_off_are_told_as_so_many_at_least() -> None:
    twins = Twins(("l00", "chosen"), ("l01", "chosen"), 1.0, False)
    few = "\n".join(map_lines(replace(a_map(), twins=(twins,))))
    assert "\n1 pair of personas say the same" in few
    many = "\n".join(map_lines(replace(a_map(), twins=(twins,) * MOST_TWINS)))
    assert "At least 500 pairs of personas say the same" in many


def test_a_group_with_too_few_choices_has_no_interval_and_the_others_hold_together() -> None:
    """Gains of 1 to 5: their mean is 3, their standard error 0.5 ** 0.5; at 97.5 % by 3.495."""
    choices = [UnseenChoice(f"l{at:02}", "chosen", 0.0, float(at)) for at in range(1, 6)]
    groups = [GroupPersona("plain", PLAIN, tuple(choices[:few]), 0.975) for few in (5, 2)]
    result = {"model": "m", "scored": 3, "kept": 4, "tested": 2, "confidence": 0.975}
    told = list(group_lines({**result, "groups": [one.as_json() for one in groups]}))
    assert "  gains +3.00 nats (+0.53 to +5.47) on 5 unseen choices" in told
    assert "  gains +1.50 nats on 2 unseen choices, too few for a verdict" in told
    assert "The intervals of these 2 groups hold together at 95 %: each at 97.5%." in told
    assert told[-1] == "Scored by m: 3 choices, 4 kept from before."


def test_what_a_server_refused_is_told_by_command_and_window_alike() -> None:
    told = "Not checked, as the server refused a request: 1 persona."
    result = {**figures([a_persona("l00")]).as_json(), "turned_away": 1}
    assert any(line.startswith(told) for line in figure_lines(result))
    assert work_told(None, [], Finished(result)).startswith(told)
    assert work_told(None, [], Finished({**result, "turned_away": 0})) == ""
