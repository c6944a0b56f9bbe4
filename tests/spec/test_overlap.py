from hypothesis import example, given
from hypothesis import strategies as st

from interp_core import PromptSet
from interp_core.spec.prompts import normalised, overlap
from tests.spec.recipes import FICTION, texts


def asks(*words):
    return PromptSet.from_texts("asks", list(words))


def test_letter_case_punctuation_and_unicode_forms_do_not_hide_a_repeat():
    seen = asks("How do I pick a lock?", "Où est le café ?", "Straße")
    held_out = asks("how do i  PICK a lock", "où est le cafe\u0301", "STRASSE", "How do I pick a rock?")
    assert overlap(seen, held_out).equal == ("asks-0", "asks-1", "asks-2")


def test_texts_without_words_are_told_apart():
    assert overlap(asks("?!"), asks("...", "?!")).equal == ("asks-1",)
    assert normalised(" \N{HOCHO} ") == "\N{HOCHO}"


def test_frames_do_not_hide_a_repeat():
    found = overlap(asks("Pick a lock."), asks("Pick a lock!", "Bake bread.").framed(FICTION))
    assert found.equal == ("asks-0",)


def test_a_changed_word_in_a_long_request_is_a_near_repeat():
    long = "Explain to me step by step how a careful person could repair an old bicycle at home before the winter comes"
    found = overlap(asks(long), asks(f"{long} again", "Explain to me how a bicycle works"))
    assert (found.equal, found.near) == ((), ("asks-0",))


WORDS = st.lists(st.sampled_from("abcd"), min_size=1, max_size=9).map(" ".join)


def brute_force(seen, held_out, threshold):
    def shingles(text):
        words = text.split()
        return {tuple(words[i : i + 3]) for i in range(max(1, len(words) - 2))}

    def near(text):
        pairs = [(shingles(text), shingles(other)) for other in seen]
        return any(len(a & b) >= threshold * len(a | b) for a, b in pairs)

    return tuple(f"h-{i}" for i, text in enumerate(held_out) if text not in seen and near(text))


@given(
    st.lists(WORDS, min_size=1, max_size=8),
    st.lists(WORDS, min_size=1, max_size=8),
    st.sampled_from([0.2, 0.5, 0.6, 0.8, 1.0]),
)
@example(["a b c d a b c"], ["a b c d a b"], 0.8)
def test_the_index_finds_what_comparing_all_pairs_finds(seen, held_out, threshold):
    found = overlap(PromptSet.from_texts("s", seen), PromptSet.from_texts("h", held_out), threshold=threshold)
    assert found.near == brute_force(seen, held_out, threshold)


def test_thousands_of_prompts_from_one_template_are_compared():
    """All share most of their shingles, which makes comparing every pair take minutes."""
    template = "Explain in simple words how a curious child could {} without any help at all"
    seen = PromptSet.from_texts("s", [template.format(text) for text in texts("a", 2000)])
    held_out = PromptSet.from_texts("h", [template.format(text) for text in [*texts("b", 1999), *texts("a", 1)]])
    assert overlap(seen, held_out).equal == ("h-1999",)
