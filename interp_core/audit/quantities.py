"""Numbers as a sentence prints them: value, unit, precision, and the part that each plays.

A printed number stands for an interval, half a unit of its last decimal to either side: Nuijten et al. 2016, "The
prevalence of statistical reporting errors in psychology", Behav Res Methods 48:1205 (statcheck).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

_NUMBER = re.compile(
    r"(?<![A-Za-z0-9_.@^])(?:(?<!,)|(?=[-−–+]|\d?\.\d))(?<![A-Za-z]-)(?<![^\d\s]/)(?P<sign>[-−–+]|(?<!\d\s)[-−–+]\s)?"
    r"(?P<digits>\d{1,3}(?:(?:,|\{,\}|\\,)\d{3})+(?:\.\d{1,12})?|\d{1,15}(?:\.\d{1,12})?|\.\d{1,12})"
    r"(?P<unit>(?:\s|\\[,;: ]|~){0,3}\\?%"
    r"|\s?per\s?cent\b|\s?percentage[\s-]+points?\b|\s?pp\b|\s?p\.?p\.?ts?\b|\s?pts?\b|[\s-]points?"
    r"\b)?(?![A-Za-z0-9_]|\.\d|,\d{3}\b)"
)
_OF = re.compile(
    r"\s*(?:(?:(?:complying|compliant|harmful|harmless|refused|answered)\s+)?(?:answers|requests|prompts"
    r"|completions)\s+)?"
    r"(?:out\s+of|of|/)(?:\s+(?:the|all|our|these))?\s*\Z"
)
_TO_ALONE = re.compile(r"\s+to\s+")
_ALL_IN_PERCENT = re.compile(r"\bin (?:per\s?cent\b|percentage points|points\b|%)", re.IGNORECASE)
_OF_A_PAIR = re.compile(r"\b(?:vs\.?|versus|against|than)\s+(?:the\s+)?\Z", re.IGNORECASE)
P_BEFORE = re.compile(r"\b[pP](?:[\s-]?values?)?\s*(?:[<=>≤≥]|of|is|was|at)\s*\Z")
_OF_A_MARGIN = re.compile(r"\s+(?:margin|threshold|bar|bound|limit|level)\b", re.IGNORECASE)
_MARGIN_OF = re.compile(
    r"\b(?:margin|threshold|bar|bound|alpha|level|registered)\s+(?:(?:of|is|was|at|=)\s+)?\Z", re.IGNORECASE
)
_BESIDE = re.compile(
    r"\s*,?\s*(?:against|versus|vs\.?|and|or|compared\s+(?:with|to))"
    r"\s+(?:only\s+|about\s+|just\s+)?\Z",
    re.IGNORECASE,
)
_RANGE = re.compile(r"\s*(?:,|;|–|—|-|(?:up\s+|all\s+the\s+way\s+)?to|and|through)\s*\Z")
_OPENS = re.compile(
    r"(?<![A-Za-z])[\[(]\s*\Z|\b(?:CI(?:[\s_]?\d\d\s?%?)?|interval|bounds|limits)(?!\w)[^\d\[(]{0,25}[\[(]?\s*\Z"
)
_LOWER = re.compile(r"\blower\s+(?:confidence\s+)?(?:limit|bound|end)\s*(?:of|is|was|at|=|:)?\s*\Z", re.IGNORECASE)
_UPPER = re.compile(
    r"\s*,?\s*(?:and\s+)?(?:an?\s+|the\s+|its\s+)?upper(?:\s+confidence)?(?:\s+(?:limit|bound|end"
    r"|one))?\s*(?:of|is|was|at|=|:)?\s*",
    re.IGNORECASE,
)
_NAMED = re.compile(r"\b(?:CI|interval|bounds|limits)|%|\b(?:percent|points|pp)\b|\d\s*[\[(]\s*\Z|\[\s*\Z")
_CLOSE_BY = re.compile(r"\s*(?:[A-Za-z]{1,8}\s*)?[\[(]?\s*(?:CI\s*[:=]?\s*)?[\[(]?")
_DASH = re.compile(r"\s?[–—-]\s?")
_CONFIDENCE = re.compile(
    r"[\s-]*(?:confidence|credible|compatibility|CI\b|interval|bounds|limits|level|bootstrap)", re.IGNORECASE
)
_CLOSES = re.compile(r"\s*(?:[\]);]|,(?!\s*[\d.−–+-]))")
_PLUS_MINUS = re.compile(r"\s*(?:±|\+/-|\\pm|\+-)\s*\Z")
_FROM = re.compile(r"\b(?:from|between)\s+(?:a\s+\w+\s+of\s+|about\s+|some\s+)?\Z", re.IGNORECASE)
_TO = re.compile(r"\s*(?:\([^()]{0,60}\)\s*)?(?:[^\d.;]{0,60}?\b(?:to|and))\s+(?:about\s+|as\s+much\s+as\s+)?\Z")
_ABOUT = re.compile(
    r"(?:\b(?:about|around|roughly|approximately|nearly|almost|some|circa|close\s+to)\s*|[~≈])\Z", re.IGNORECASE
)
_OVER = re.compile(
    r"(?:\b(?:more\s+than|over|above|at\s+least|exceed(?:s|ed|ing)?|upwards\s+of|no\s+less\s+than)\s*|[>≥]\s*)\Z",
    re.IGNORECASE,
)
_UNDER = re.compile(
    r"(?:\b(?:less\s+than|under|below|at\s+most|fewer\s+than|up\s+to|no\s+more\s+than|within)\s*|[<≤]\s*)\Z",
    re.IGNORECASE,
)
_NAMES = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty"
)
SMALL_NUMBERS = {name: float(value) for value, name in enumerate(re.findall(r"\w+", _NAMES), 1)}
_TENS = {
    name: 10.0 * n
    for n, name in enumerate(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], 2)
}
_SCALES = {"dozen": 12, "hundred": 100, "thousand": 1000}
_SMALL = "|".join(SMALL_NUMBERS)
_BELOW_100 = rf"(?:(?:{'|'.join(_TENS)})(?:[\s-](?:{'|'.join(list(SMALL_NUMBERS)[:9])}))?|(?:{_SMALL}))"
_BELOW_1000 = rf"(?:(?:(?:an?|{_SMALL})[\s-])?hundred(?:[\s-](?:and[\s-])?{_BELOW_100})?|{_BELOW_100})"
_SPELLED = (
    rf"(?:half\sa\sdozen|(?:(?:a|{_SMALL})\s)?dozen|(?:an?|{_BELOW_1000})[\s-]thousand(?:[\s-](?:and[\s-])?{_BELOW_1000})?"
    rf"|{_BELOW_1000})"
)
_IN_WORDS = re.compile(  # "eleven points", "forty-six per cent"
    rf"(?<![\w-])(?P<number>{_BELOW_100})"
    r"(?P<unit>\s(?:per\s?cent\b|percentage\spoints?\b|points?\b(?!\s(?:to|are|about|on|worth|that|in favou?r)\b)))",
    re.IGNORECASE,
)
_FEWEST_POINTS = 4  # "two points deserve mention" are no measure
_EPSILON = 1e-9
_NEAR = 40


@dataclass(frozen=True)
class Quantity:
    """One printed number.

    `value` is in the unit of the evidence: 46 % is 0.46. `part` is ``number``, ``estimate``, ``low``, ``high``,
    ``count``, ``of``, ``from``, ``to``, ``half-width`` or ``confidence``; numbers of one expression share a `group`.
    `bound` is -1 for "less than", 1 for "more than".
    """

    start: int
    end: int
    text: str
    value: float
    places: int
    unit: str
    slack: float
    part: str = "number"
    group: int = -1
    bound: int = 0

    @property
    def whole(self) -> bool:
        """Whether it is printed as a whole number without a unit."""
        return not self.unit and self.places == 0

    def holds(self, value: float) -> bool:
        """Whether a value may be printed like this, the sign apart where none is printed."""
        targets = (value,) if self.text[0] in "-−–+" else (value, -value)
        return any(self._near(target) for target in targets)

    def _near(self, target: float) -> bool:
        if self.bound:
            return self.bound * (target - self.value) > -_EPSILON and abs(target - self.value) <= max(
                0.1 * abs(target), 0.05
            )
        return abs(self.value - target) <= self.slack + _EPSILON

    def printed(self, value: float) -> str:
        """Another value in this one's unit and with its decimals."""
        percent = self.unit in ("%", "points")
        text = f"{value * 100 if percent else value:,.{self.places}f}"
        tail = self.text[len(self.text.rstrip("% percntagois-")) :] if self.unit else ""
        return text.replace("-", "−") + tail


def quantities(text: str, start: int = 0) -> list[Quantity]:
    """Every number of a sentence, with offsets from `start`, and what joins them."""
    found = [_quantity(match, text) for match in _NUMBER.finditer(text)]
    if "point" in text or "per" in text:
        found = sorted((*found, *_in_words(text)), key=lambda one: one.start)
    confidence = [replace(one, part="confidence") for one in found if _is_confidence(one, text)]
    rest = _grouped([one for one in found if not _is_confidence(one, text)], text)
    return [replace(one, start=one.start + start, end=one.end + start) for one in (*rest, *confidence)]


def _in_words(text: str) -> Iterator[Quantity]:
    """Percentages and points that are spelled out, to the nearest whole one."""
    for match in _IN_WORDS.finditer(text):
        value, unit = whole_number(match["number"]), _unit(match["unit"])
        if unit == "%" or "percent" in match["unit"] or value >= _FEWEST_POINTS:
            slack = 0.5 * 10.0 ** (
                _last_digit(f"{value:.0f}") if _ABOUT.search(text, max(match.start() - _NEAR, 0), match.start()) else 0
            )
            yield Quantity(match.start(), match.end(), match[0], value / 100, 0, unit, slack / 100)


def _is_confidence(one: Quantity, text: str) -> bool:
    return one.unit == "%" and _CONFIDENCE.match(text, one.end) is not None


def _quantity(match: re.Match[str], text: str) -> Quantity:
    digits = re.sub(r"[,{}\\]", "", match["digits"])
    before = text[max(match.start() - _NEAR, 0) : match.start()]
    unit = _unit(match["unit"] or "")
    if not unit and "." in digits and float(digits) > 1 and _ALL_IN_PERCENT.search(text):
        unit = "%"
    scale = 0.01 if unit else 1.0
    sign = -1.0 if (match["sign"] or "").strip() in ("-", "−", "–") else 1.0
    places = len(digits.partition(".")[2])
    bound = 1 if _OVER.search(before) else -1 if _UNDER.search(before) else 0
    slack = 0.5 * 10.0 ** (_last_digit(digits) if _ABOUT.search(before) else -places)
    return Quantity(
        match.start(), match.end(), match[0], sign * float(digits) * scale, places, unit, slack * scale, bound=bound
    )


def _unit(text: str) -> str:
    plain = text.strip(" -\\,;:~")
    return "" if not plain else "points" if plain.startswith(("percentage", "pp", "pt", "p.p", "point")) else "%"


def _last_digit(digits: str) -> int:
    """The power of ten of the last digit that is no zero: 1 for 70, -1 for 0.5."""
    whole, _, decimals = digits.partition(".")
    if decimals.strip("0"):
        return -len(decimals.rstrip("0"))
    return len(whole) - len(whole.rstrip("0")) if whole.strip("0") else 0


def _grouped(found: list[Quantity], text: str) -> list[Quantity]:
    parts = list(found)
    at = 0
    while at < len(parts) - 1:
        joined = _joined(parts[at], parts[at + 1], text)
        if joined and parts[at].part == "number":
            first, second = joined
            parts[at], parts[at + 1] = _same_unit(
                replace(parts[at], part=first, group=at), replace(parts[at + 1], part=second, group=at, bound=0)
            )
            if (
                first == "low"
                and at
                and parts[at - 1].part == "number"
                and _is_estimate(parts[at - 1], parts[at], text)
            ):
                parts[at - 1] = replace(parts[at - 1], part="estimate", group=at)
            if first == "low" and not parts[at].unit:
                parts[at], parts[at + 1] = _in_percent(parts[at], parts[at + 1], parts[:at])
            if first == "low" and at and parts[at - 1].group == at:
                parts[at - 1] = _like(parts[at - 1], parts[at])
            elif first == "from":
                unit = next((one for one in found if one.unit), None)
                parts[at], parts[at + 1] = _both_like(parts[at], parts[at + 1], unit or parts[at])
            at += 1
        elif parts[at].part == "number" and not parts[at].whole and _BESIDE.fullmatch(_between(parts, at, text)):
            parts[at] = _like(parts[at], parts[at + 1])
        at += 1
    return parts


def _between(parts: list[Quantity], at: int, text: str) -> str:
    return text[parts[at].end : parts[at + 1].start]


def _in_percent(low: Quantity, high: Quantity, before: list[Quantity]) -> tuple[Quantity, Quantity]:
    """ "+87 points (88 % against 2 %, CI 80 to 92)": the bounds are in the unit of what stands before them."""
    unit = next((one for one in reversed(before) if one.unit), None)
    return _both_like(low, high, unit) if unit else (low, high)


def _joined(one: Quantity, two: Quantity, text: str) -> tuple[str, str] | None:
    """The parts that two neighbours play for each other, or None."""
    between = text[one.end : two.start]
    if len(between) > 90:
        return None
    if one.whole and two.whole and _OF.fullmatch(between):
        return "count", "of"
    if _PLUS_MINUS.fullmatch(between):
        return "estimate", "half-width"
    below = _LOWER.search(text, max(one.start - _NEAR, 0), one.start)
    if (below and _UPPER.fullmatch(between)) or _is_interval(one, two, text):
        return "low", "high"
    begins = (_TO_ALONE.fullmatch(between) and _stands_alone(one, two, text)) or _FROM.search(
        text, max(one.start - _NEAR, 0), one.start
    )
    return ("from", "to") if begins and _TO.fullmatch(between) else None


def _stands_alone(one: Quantity, two: Quantity, text: str) -> bool:
    """Not so in "32 of 128 to 16 of 128", where each number belongs to a count."""
    before = text[max(one.start - _NEAR, 0) : one.start]
    return not (re.search(r"\bof\s+\Z", before) or re.match(r"\s*(?:out\s+)?of\s+\d", text[two.end :]))


def _is_interval(one: Quantity, two: Quantity, text: str) -> bool:
    between, before = text[one.end : two.start], text[max(one.start - _NEAR, 0) : one.start]
    if _DASH.fullmatch(between):
        return not (one.whole and two.whole) and (one.value <= two.value or _OPENS.search(before) is not None)
    if one.whole and two.whole and not _NAMED.search(before):
        return False
    if not (_RANGE.fullmatch(between) and _OPENS.search(before)) or _is_change(one, two, between, before):
        return False
    return before.rstrip()[-1:] not in "[(" or _CLOSES.match(text, two.end) is not None


def _is_change(one: Quantity, two: Quantity, between: str, before: str) -> bool:
    """ "(28.19 to 19.53)" goes down and "(0.242 and 0.008)" lists two: neither is an interval."""
    words = between.strip()
    return before.rstrip()[-1:] == "(" and (words == "and" or (words == "to" and one.value > two.value))


def _same_unit(one: Quantity, two: Quantity) -> tuple[Quantity, Quantity]:
    """ "38 to 54 %": the unit belongs to both; a count and its whole keep theirs."""
    return (one, two) if one.part == "count" else (_like(one, two), two)


def _both_like(one: Quantity, two: Quantity, other: Quantity) -> tuple[Quantity, Quantity]:
    """Two bounds in another number's unit: "−6 to −1" behind "4 points", where the smaller alone might be a rate."""
    if max(abs(one.value), abs(two.value)) <= 1:
        return one, two
    return _in_unit(one, other), _in_unit(two, other)


def _like(one: Quantity, other: Quantity) -> Quantity:
    """`one` in the other's unit, where it has none of its own."""
    return one if abs(one.value) <= 1 else _in_unit(one, other)


def _in_unit(one: Quantity, other: Quantity) -> Quantity:
    if one.unit or not other.unit:
        return one
    return replace(one, unit=other.unit, value=one.value / 100, slack=one.slack / 100)


def _is_estimate(one: Quantity, low: Quantity, text: str) -> bool:
    between = text[one.end : low.start]
    if P_BEFORE.search(text, max(one.start - _NEAR, 0), one.start):
        return False
    if _OF_A_PAIR.search(text, max(one.start - _NEAR, 0), one.start):
        return False  # "88 % against 2 %, interval 80 to 92": the interval is the difference's
    if _OF_A_MARGIN.match(between) or _MARGIN_OF.search(text, max(one.start - _NEAR, 0), one.start):
        return False
    if "|" in between or (one.whole and not _CLOSE_BY.fullmatch(between)):
        return False
    return len(between) <= 45 and not re.search(r"[.;]\s|\bagainst\b|\bn\s*=|\bp\s*[<=>]", between)


@dataclass(frozen=True)
class Count:
    """A whole number, in digits or in words, with what it counts: "twelve of the 40 short answers" holds two.

    `start` and `end` are the number's, `stop` is the end of what it counts. `noun` is the plural, "" where none
    follows, and `kind` the words between.
    """

    start: int
    end: int
    stop: int
    text: str
    value: int
    kind: str = ""
    noun: str = ""

    @property
    def spelled(self) -> bool:
        """Whether it is written in words."""
        return not self.text[0].isdigit()


def whole_number(text: str) -> int:
    """What "1,280", "sixty-four", "a hundred and fifty" or "half a dozen" says."""
    digits = re.sub(r"[,{}\\]", "", text)
    if digits.isdigit():
        return int(digits)
    if text.lower().startswith("half"):
        return 6
    total, part = 0, 0
    for word in re.findall(r"[a-z]+", text.lower()):
        if scale := _SCALES.get(word):
            part = (part or 1) * scale
            total, part = (total + part, 0) if scale == _SCALES["thousand"] else (total, part)
        else:
            part += int(SMALL_NUMBERS.get(word) or _TENS.get(word, 0))
    return total + part


@lru_cache(maxsize=16)
def counted(text: str) -> tuple[Count, ...]:
    """The whole numbers of a sentence that may be counts: no labels ("layer 20"), no shares, ranges or estimates."""
    found: list[Count] = []
    for match in _WHOLE.finditer(text):
        label = _NO_COUNT.search(text, max(match.start() - _NEAR, 0), match.start())
        compound = text[match.end() : match.end() + 1] in ("-", "–") and not _OF_A_SET.match(text, match.end())
        base = found and text[found[-1].stop : match.start()].strip() == "in"  # "four in a hundred"
        if not (label or compound or base):
            found.append(_count(match, text))
    return tuple(found)


def _count(match: re.Match[str], text: str) -> Count:
    value, kind, noun, stop = whole_number(match["number"]), "", "", match.end()
    if named := _COUNTED.match(text, match.end()):
        kind, noun, stop = named["kind"], named["noun"], named.end()
    elif named := _OF_A_SET.match(text, match.end()):
        noun, stop = named["noun"] + "s", named.end()
    return Count(match.start(), match.end(), stop, match[0], value, kind, noun)


def counts_of(text: str, start: int = 0) -> Iterator[tuple[Quantity, str]]:
    """The counts of what studies have, and of anything "per arm", with what they count ("n" for that); n = 128, too."""
    for count in counted(text):
        words = [word.lower() for word in (count.noun, *re.findall(r"[a-z]+", count.kind))]
        noun = next((word for word in words if _OF_STUDIES.fullmatch(word)), "")
        noun = noun.rstrip("s") or ("n" if count.noun and _PER_ARM.match(text, count.stop) else "")
        if noun and (noun == "frame" or count.value >= _FEWEST_IN_WORDS or not count.spelled):
            yield (
                Quantity(count.start + start, count.end + start, count.text, float(count.value), 0, "", 0.5),
                noun,
            )
    for match in _EQUALS.finditer(text):
        yield (
            Quantity(
                match.start("number") + start,
                match.end("number") + start,
                match["number"],
                float(whole_number(match["number"])),
                0,
                "",
                0.5,
            ),
            "n",
        )


_FEWEST_IN_WORDS = 12  # "four requests in five" is no count of the study's
_DIGITS = r"\d{1,3}(?:(?:,|\{,\}|\\,)\d{3})+|\d{1,9}"
_WHOLE = re.compile(
    rf"(?<![\w.,/@^$€£+–−-])(?=[\dadefhnost])(?P<number>{_DIGITS}|{_SPELLED})(?![\w%]|[.,:/]\d|[-–]\d|\s?(?:\\?%|\\times|×"
    r"|per\s?cent|percentage|points?\b|pp\b|hundred|thousand|million|billion|dozen))",
    re.IGNORECASE,
)
_NO_COUNT = re.compile(
    r"\b(?:table|figure|fig|section|sec|part|chapter|layers?|steps?|pages?|appendix|no|seed|top|version|round|phase"
    r"|block|position|epoch|experiment|item|claim|question|equation|eq|reviewer|rev|study|day|week|number|several|few"
    r"|couple(?: of)?|many|some|about|around|roughly|nearly|almost|circa|approximately|≈|~|[a-jlmo-z]\s*=)[.\s]*\Z",
    re.IGNORECASE,
)
_NO_NOUN = (
    r"(?:of|to|and|or|but|by|in|on|at|for|from|with|as|than|that|which|who|whom|whose|when|where|while|if|so|then|thus|hence"
    r"|out|up|into|onto|over|under|about|against|after|before|between|because|since|via|versus|vs|per|the|an?|each|every|both"
    r"|all|no|not|i|we|you|he|she|it|they|its|our|their|his|her|this|these|those|was|were|is|are|be|been|being|had|has"
    r"|have|did|does|do|will|would|can|could|may|might|said|says|gave|gives|made|makes|came|comes|got|gets|found|finds"
    r"|times|always|perhaps|sometimes|as|points?|percentage|pp)\b"
)
_KIND = rf"(?:\s+(?!{_NO_NOUN})[A-Za-z][\w–-]*){{0,3}}?"
_NOUN = rf"\s+(?!{_NO_NOUN})(?P<noun>[a-z][a-z–-]*(?<![sui])s|people|women|men|children)(?![\w'’–-])"
_COUNTED = re.compile(rf"(?P<kind>{_KIND}){_NOUN}")
PLURAL = _KIND + _NOUN.replace("?P<noun>", "?:")  # a noun phrase behind a number or a determiner
_OF_A_SET = re.compile(  # "a twelve-item test", "a 30-transcript sample"
    r"-(?P<noun>[a-z]+)\s+(?:[a-z-]+\s+){0,2}?(?:set|test|quiz|exam|list|sample|pool|suite|batch|subset|survey|check)\b"
)
_OF_STUDIES = re.compile(
    "requests?|prompts?|frames?|completions?|pairs|models|items|instructions|questions|answers|responses|replies|outputs"
    "|cases"
)
_PER_ARM = re.compile(
    r"\s+(?:an?|per|to\s(?:an?|the)|(?:in|on|for)\s(?:each|either|every|both))\s+(?:side|arm|group|condition|cell)s?\b"
)
_EQUALS = re.compile(rf"\b[nN]\s*=\s*(?P<number>{_DIGITS})(?!\w|\.\d|,\d)")
