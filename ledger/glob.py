"""Patterns as people write them: `*` for any text, `?` for one character, everything else itself.

SKUs contain square brackets, so the shell's character sets are not offered. A pattern can be asked whether it takes
everything that another one takes: that is how a rule that can never be reached is found.
"""

from __future__ import annotations

import re
from functools import lru_cache


@lru_cache(maxsize=4096)
def compiled(pattern: str, marks: str = "*?") -> re.Pattern[str]:
    """Return the pattern as a regular expression for `fullmatch`; `marks` are the characters that are wild."""
    words = {"*": ".*", "?": "."}
    text = "".join(words[letter] if letter in marks else re.escape(letter) for letter in pattern)
    return re.compile(text, re.DOTALL)


def is_pattern(text: str, marks: str = "*?") -> bool:
    """Tell whether a text has a wild character in it."""
    return any(mark in text for mark in marks)


def takes(pattern: str, text: str, marks: str = "*?") -> bool:
    """Tell whether a text fits a pattern."""
    return compiled(pattern, marks).fullmatch(text) is not None


def covers(general: str, specific: str) -> bool:
    """Tell whether `general` surely takes everything `specific` takes; in doubt the answer is no.

    The wild characters of the specific pattern are replaced by characters no label or SKU contains: then its `*` can
    only be eaten by a `*`, and its `?` by a `*` or a `?`. A `?` that meets a `*` is the case in doubt.
    """
    if general == specific:
        return True
    if "?" in general and "*" in specific:
        return False
    return takes(general, specific.replace("*", "\x00").replace("?", "\x01"))
