"""Keep bank statements out of the log: the libraries that read them write whole entries there, IBAN and text included.

mt-940 logs an entry that it cannot read at level ERROR, one that it can at DEBUG (`mt940/tags.py`); ofxtools logs every
text of a file at DEBUG (`ofxtools/Parser.py`). What is wrong with a file is said by our own refusal. In: nothing. Out:
both libraries silent, children of their loggers included.
"""

from __future__ import annotations

import logging

_LIBRARIES = ("mt940", "ofxtools")


def silence_libraries() -> None:
    """Let the libraries log nothing at all; calling it again changes nothing."""
    for name in _LIBRARIES:
        # A level is inherited, a filter is not: each tag of mt-940 has a logger of its own below this one.
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
