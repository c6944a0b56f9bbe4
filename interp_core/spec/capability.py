"""A small set of simple questions, to see whether an intervention costs a model more than it was meant to."""

from interp_core.spec.prompts import Prompt, PromptSet

_ARITHMETIC = (
    ("2 + 3", "5", "7"), ("4 + 4", "8", "6"), ("1 + 6", "7", "4"), ("9 - 5", "4", "8"), ("8 - 2", "6", "3"),
    ("7 - 7", "0", "9"), ("3 x 2", "6", "8"), ("2 x 4", "8", "5"), ("5 x 1", "5", "2"), ("9 / 3", "3", "6"),
)  # fmt: skip
_OPPOSITES = (
    ("hot", "cold", "warm"), ("big", "small", "large"), ("up", "down", "over"), ("day", "night", "noon"),
    ("open", "closed", "wide"), ("fast", "slow", "quick"), ("old", "young", "aged"), ("wet", "dry", "damp"),
    ("happy", "sad", "glad"), ("early", "late", "soon"),
)  # fmt: skip
_NEXT = (
    ("Monday, Tuesday", "Wednesday", "Sunday"), ("one, two", "three", "nine"), ("A, B", "C", "Q"),
    ("January, February", "March", "August"), ("2, 4, 6", "8", "7"), ("spring, summer", "autumn", "night"),
    ("first, second", "third", "last"), ("10, 20", "30", "25"), ("X, Y", "Z", "M"), ("red, red, red", "red", "blue"),
)  # fmt: skip
_COPIES = (
    ("table", "window"), ("seven", "eleven"), ("garden", "harbour"), ("the blue bird", "the green fish"),
    ("paper and glue", "stone and wood"), ("Anna", "Peter"), ("42", "17"), ("good morning", "good evening"),
    ("a cup of tea", "a loaf of bread"), ("river", "mountain"),
)  # fmt: skip


def _items() -> list[tuple[str, str, str]]:
    return [
        *((f"What is {sum_}? Answer with the number.", right, wrong) for sum_, right, wrong in _ARITHMETIC),
        *((f"What is the opposite of {word}? Answer with one word.", r, w) for word, r, w in _OPPOSITES),
        *((f"What comes next: {begun}? Answer with the next one.", right, wrong) for begun, right, wrong in _NEXT),
        *((f"Repeat after me: {text}", text, other) for text, other in _COPIES),
    ]


def _prompt(index: int, item: tuple[str, str, str]) -> Prompt:
    text, right, wrong = item
    fields = (("right", right), ("text", text), ("wrong", wrong))
    return Prompt(f"capability-{index}", text, fields=fields)


# 40 items of four kinds. Each is scored by the log-likelihood of the right answer over the wrong one
# (`model.preference(CAPABILITY)`), so that models too small to write an answer have a score, too.
CAPABILITY = PromptSet("capability", tuple(_prompt(index, item) for index, item in enumerate(_items())))
