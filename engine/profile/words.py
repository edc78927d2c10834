"""Small facts about English words: stems, negation, who speaks. No grammar, no model."""

import re
from collections.abc import Iterator

_WORD = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*")
_NEGATION = re.compile(
    r"\b(?:not|no|never|nobody|nothing|none|without|neither|nor|hardly|almost|nearly|seldom|rarely|cannot|"
    r"\w+n['\u2019]t)\b",
    re.IGNORECASE,
)
_FIRST_PERSON = re.compile(
    r"\b(?:I|[Ii]['\u2019](?:m|ve|d|ll)|i|[Mm]e|[Mm]y|[Mm]ine|[Mm]yself|[Ww]e|[Ww]e['\u2019]\w+|us|[Oo]ur|"
    r"[Oo]urs|[Oo]urselves)\b"
)
_SUBJECT = re.compile(
    r"\b(?:I|[Ii]['\u2019](?:m|ve|d|ll)|i|[Mm]e|[Mm]yself|[Ww]e|[Ww]e['\u2019]\w+|us)\b"
)
_JUDGEMENT = re.compile(
    r"\b(?:lov(?:e|ed|es|ely)|hat(?:e|ed)|admir\w+|enjoy\w*|favou?rite|best|worst|perfect|"
    r"wonderful|beautiful\w*|bor(?:ed|ing)|tired|annoy\w*|furious|angry|glad|grateful|unjust|"
    r"unfair|right|wrong|should|must|ought|exist|never)\b|!",
    re.IGNORECASE,
)
_PRAISE = re.compile(
    r"\b(?:lov(?:e|ed|ely)|enjoy\w*|favou?rite|best|perfect|wonderful\w*|beautiful\w*|brilliant\w*|"
    r"excellent|great|masterpiece|amazing|superb|delight\w*|moved|moving|laughed|cried|admir\w+|"
    r"funn(?:y|ier|iest)|clever\w*|fascinat\w+|recommend\w*|grateful|pleased|thank|tender|gripping)\b",
    re.IGNORECASE,
)
_BLAME = re.compile(
    r"\b(?:hate[ds]?|bor(?:ed|ing)|tired|tiresome|annoy\w*|worst|bad|badly|terrible|awful|dull|"
    r"disappoint\w*|clich\w*|slow|drags?|overlong|skipped|regret|wast(?:e|ed)|poor|unbearable|"
    r"unfortunately|fail\w*|nonsense|headache|angry|pointless|shallow)\b",
    re.IGNORECASE,
)
_AVERSION = re.compile(
    r"\b(?:hate[sd]?|dislike[sd]?|detest\w*|loathe\w*|bor(?:e|es|ed|ing)|tired|annoy\w*|avoid\w*|"
    r"refus\w*|skip\w*|los[et]|worst|bad|wrong|regret\w*|fail\w*|sick|nonsense|shudder\w*|"
    r"winced?|wast\w*|cold|little|few|too)\b",
    re.IGNORECASE,
)
_HABIT = re.compile(
    r"\b(?:always|never|usually|often|seldom|rarely|hardly ever|as a rule|by nature|tend to|"
    r"whenever|forever|any(?:one|body)|every(?:one|body)|nobody|(?:trust|love|like|help) people|"
    r"all my life|my whole life|since I was|since childhood|"
    r"every (?:single )?(?:day|morning|evening|night|week|month|year|summer|winter|spring|autumn|"
    r"time|sunday|monday|tuesday|wednesday|thursday|friday|saturday)|most (?:days|nights|mornings)|"
    r"for (?:\w+[ -]){1,3}years|(?:kind|sort|type) of (?:person|man|woman|reader)|"
    r"I(?:['\u2019]m| am) (?:an?|not an?))\b",
    re.IGNORECASE,
)
_BOOK = re.compile(
    r"\b(?:books?|novels?|authors?|writers?|chapters?|pages?|characters?|story|stories|plots?|"
    r"endings?|series|read|reading|finish(?:ed)?|narrator|hero|heroine|prose|films?|memoir|scenes?|"
    r"protagonist|reviews?|volume|edition|copy|sequel|kindle|audiobook|recommend\w*)\b",
    re.IGNORECASE,
)
_OTHERS = re.compile(r"\b(?:he|she|his|her|him|they|their|them)\b", re.IGNORECASE)
WRITER = frozenset({"i", "we"})
_ENDINGS = ("edly", "ingly", "ings", "ing", "ies", "ied", "ed", "es", "ly", "s", "e")


def words(text: str) -> Iterator[str]:
    """The words of a text in lower case, without a possessive 's."""
    for match in _WORD.finditer(text):
        yield match[0].lower().replace("\u2019", "'").removesuffix("'s")


def stem(word: str) -> str:
    """A word without its regular English ending: enough for `finish` to meet `finished`."""
    word = word.lower().replace("\u2019", "'").removesuffix("'s")
    for ending in _ENDINGS:
        if len(word) - len(ending) >= 3 and word.endswith(ending):
            bare = word[: -len(ending)] + ("y" if ending in ("ies", "ied") else "")
            doubled = len(bare) > 3 and bare[-1] == bare[-2] and bare[-1] in "bdgmnprt"
            return bare[:-1] if doubled else bare
    return word


def stems(text: str) -> list[frozenset[str]]:
    """For each word in order its stem, with the stems of its parts where it is hyphened."""
    return [
        frozenset(stem(part) for part in (word, *re.split(r"['-]", word))) for word in words(text)
    ]


def count_words(text: str) -> int:
    """The number of words in a text."""
    return sum(1 for _ in _WORD.finditer(text))


def is_negated(text: str) -> bool:
    """Whether a text denies something; an even number of denials counts as none."""
    return len(_NEGATION.findall(text)) % 2 == 1


def first_person(text: str) -> bool:
    """Whether the writer is in the text: I, me, my, we, us, our."""
    return bool(_FIRST_PERSON.search(text))


def writer_acts(text: str) -> bool:
    """Whether the writer does or feels something in the text: I, me, we, us (not only `my`)."""
    return bool(_SUBJECT.search(text))


def judges(text: str) -> bool:
    """Whether a text praises, blames or demands, rather than retelling a plot."""
    return bool(_JUDGEMENT.search(text))


def praise(text: str) -> int:
    """The number of praising words in a text less the number of blaming ones."""
    return len(_PRAISE.findall(text)) - len(_BLAME.findall(text))


def is_turned(text: str) -> bool:
    """Whether denials and aversions together turn a text: `I avoid crowds`, `I never lie`."""
    return (len(_NEGATION.findall(text)) + len(_AVERSION.findall(text))) % 2 == 1


def is_habitual(text: str) -> bool:
    """Whether a text speaks of what is always so, not of one evening: every morning, for years."""
    return bool(_HABIT.search(text))


def book_words(text: str) -> int:
    """The number of words that speak of a book, its making or its reading."""
    return len(_BOOK.findall(text))


def others(text: str) -> int:
    """The number of words for people who are neither writer nor reader: he, she, they."""
    return len(_OTHERS.findall(text))
