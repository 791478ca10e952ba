"""Damages: what may have happened to bytes, to a text, or to words that somebody typed.

Each is a strategy of functions from what was whole to what is left of it. A few damages at most, most of them small, so
that a reader comes past its first check and the deep ones are tried as well.
"""

import re

from hypothesis import strategies as st

NUMBERS = ("", "0", "-1", "1", "nan", "inf", "-inf", "1e999", "1e-999", "2147483648", "-9223372036854775809", "9" * 40)
INTEGERS = ("0", "-1", "1", "2", "3", "7", "64", "1000", "2147483647", "9223372036854775807")
WORDS = (
    '"', "'", ",", ";", "\t", "\n", "\r", "\x00", "\ufeff", "\ud7ff", "#", ":", "__0", "x:", "{", "}", "\\", "..", "/",
    "数", "é" * 40, "a" * 3000, "=1+1", "../../nothing.png", "nothing.npy", "None", "true",
)  # fmt: skip
FINE = ("0", "1", "2", "3", ".5")
FILES = ("i.csv", "d.csv", "no.h5", "no.nnp", "./d.csv", "./i.csv", "../in/d.csv", "new/o.csv", "../o.csv", ".")
WHOLE = (b"\x00\x00\x00\x00", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\x00\x00\x00\x80", b"\x00" * 16)
TOKEN = re.compile(r"(\w[\w.+-]*|\s+|.)", re.DOTALL)


@st.composite
def damaged_bytes(draw, data, start=0):
    """Return the bytes with one to three of them changed, left out, put in, or the end cut off, all behind a start."""
    for _ in range(draw(st.integers(1, 3))):
        if len(data) <= start:
            break
        place = draw(st.integers(start, len(data) - 1))
        kind = draw(st.sampled_from(("flip", "flip", "number", "number", "leave out", "put in", "repeat", "cut")))
        length = draw(st.integers(1, 40))
        if kind == "flip":
            data = data[:place] + bytes([data[place] ^ (1 << draw(st.integers(0, 7)))]) + data[place + 1 :]
        elif kind == "number":
            number = draw(st.sampled_from(WHOLE))
            data = data[:place] + number + data[place + len(number) :]
        elif kind == "leave out":
            data = data[:place] + data[place + length :]
        elif kind == "put in":
            data = data[:place] + draw(st.binary(min_size=1, max_size=8)) + data[place:]
        elif kind == "repeat":
            data = data[:place] + 2 * data[place : place + length] + data[place + length :]
        else:
            data = data[:place]
    return data


@st.composite
def damaged_text(draw, text):
    """Return the text with one to three of its words replaced, left out or repeated."""
    tokens = TOKEN.findall(text)
    for _ in range(draw(st.integers(1, 3))):
        if not tokens:
            break
        place = draw(st.integers(0, len(tokens) - 1))
        kind = draw(st.sampled_from(("number", "number", "word", "leave out", "repeat", "move")))
        if kind == "number":
            tokens[place] = draw(st.sampled_from(NUMBERS))
        elif kind == "word":
            tokens.insert(place, draw(st.sampled_from(WORDS)))
        elif kind == "leave out":
            del tokens[place]
        elif kind == "repeat":
            tokens[place:place] = tokens[place : place + draw(st.integers(1, 12))]
        else:
            tokens.insert(place, tokens.pop(draw(st.integers(0, len(tokens) - 1))))
    return "".join(tokens)


@st.composite
def exchanged_text(draw, text, behind=""):
    """Return the text with one to three numbers or words replaced by others, so that its form stays as it was.

    Where `behind` is given, only what follows one of its characters on the same line is replaced: in ``dim: 3`` the
    number.
    """
    tokens = TOKEN.findall(text)
    places = []
    before = ""
    for place, token in enumerate(tokens):
        if re.match(r"[\w.+-]", token) and (not behind or (before and before in behind)):
            places.append(place)
        before = "" if "\n" in token else before if token.isspace() else token
    words = sorted({tokens[place] for place in places})
    for _ in range(draw(st.integers(1, 3)) if places else 0):
        place = draw(st.sampled_from(places))
        tokens[place] = draw(_of_the_same_kind(tokens[place], words))
    return "".join(tokens)


def _of_the_same_kind(token, words):
    if re.fullmatch("[+-]?[0-9]+", token):
        return st.sampled_from((*INTEGERS, *INTEGERS, *NUMBERS[1:]))
    if is_number(token):
        return st.sampled_from(NUMBERS[1:])
    if token in ("true", "false"):
        return st.sampled_from(("true", "false"))
    return st.sampled_from([word for word in words if not is_number(word) and word not in ("true", "false")] or words)


def is_number(token):
    """Whether a word is a number."""
    try:
        float(token)
    except ValueError:
        return False
    return True


@st.composite
def damaged_file(draw, text, behind=""):
    """Return the bytes of a text file: mostly in its old form, often with damaged words, rarely with damaged bytes."""
    kind = draw(st.sampled_from((*6 * ("exchanged",), "words", "bytes")))
    if kind == "bytes":
        return draw(damaged_bytes(text.encode("utf-8")))
    changed = draw(exchanged_text(text, behind) if kind == "exchanged" else damaged_text(text))
    return changed.encode("utf-8", "surrogatepass")


@st.composite
def damaged_words(draw, words):
    """Return what somebody typed with one or two values changed or, more rarely, words left out, repeated or moved."""
    words = list(words)
    for _ in range(draw(st.sampled_from((1, 1, 2)))):
        if not words:
            break
        place = draw(st.integers(0, len(words) - 1))
        kind = draw(st.sampled_from(("file", "file", "file", "file", "value", "text", "form")))
        values = [i for i, word in enumerate(words) if not word.startswith("-") and (kind != "file" or "." in word)]
        if kind == "form" or not values:
            _change_form(draw, words, place)
        else:
            place = draw(st.sampled_from(values))
            words[place] = draw(_changed_value(kind, words[place]))
    # A process cannot be started with a word that holds NUL, or with a lone half of a character.
    return tuple(word.replace("\x00", "").replace("\ud7ff", "") for word in words)


def _changed_value(kind, word):
    if is_number(word):  # mostly another number, of which some are fine
        return st.sampled_from((*6 * FINE, *NUMBERS)) if kind != "text" else damaged_text(word)
    if kind == "text":
        return damaged_text(word)
    return st.sampled_from((*6 * FILES, *WORDS))


def _change_form(draw, words, place):
    kind = draw(st.sampled_from(("leave out", "repeat", "move")))
    if kind == "leave out":
        del words[place]
    elif kind == "repeat":
        words[place:place] = words[place : place + 2]
    else:
        words.insert(place, words.pop(draw(st.integers(0, len(words) - 1))))
