"""Errors in every shape that Fusion and its front end answer them in."""

from __future__ import annotations

import json

import pytest

from resources.erp.fusion.faults import read_fault

STRUCTURED = {
    "title": "Bad Request",
    "status": "400",
    "o:errorDetails": [
        {"detail": "The source doesn't exist.", "o:errorCode": "GL-1", "o:errorPath": "/Source"},
        {"detail": "A required attribute is missing.", "o:errorCode": 27014},
    ],
}


@pytest.mark.parametrize(
    "body, sentence, code, is_parsed",
    [
        (
            json.dumps(STRUCTURED),
            "Source: The source doesn't exist. (GL-1); A required attribute is missing. (27014)",
            "GL-1",
            True,
        ),
        ('{"title":"Bad Request","status":"400","detail":"No.","o:errorCode":"27024"}', "No.", "27024", True),
        ('{"title":"Bad Request","status":"400"}', "Bad Request", "", True),
        ('{"title":"Bad Request","o:errorDetails":"?"}', "Bad Request", "", True),
        ("JBO-25058: Definition X is not found.", "JBO-25058: Definition X is not found.", "", False),
        ("<html><body>Sign in</body></html>", "a page of the front end instead of an answer", "", False),
        ("", "no words with it", "", False),
        ("{}", "JSON that is no error of Fusion's", "", False),
        ("[1]", "JSON that is no error of Fusion's", "", False),
        ('{"title":', "JSON that is no error of Fusion's", "", False),
    ],
)
def test_every_shape_becomes_a_sentence(body, sentence, code, is_parsed):
    """Only a JSON error that says something is Fusion's own parsed word."""
    fault = read_fault(400, "application/json", body.encode())
    assert (fault.sentence, fault.code, fault.is_parsed) == (sentence, code, is_parsed)


def test_words_are_cut_and_made_plain():
    """What comes from outside neither fills a log nor drives a terminal."""
    fault = read_fault(400, "text/plain", b"\x1b[31mbad\n" + b"x" * 5000)
    assert "\x1b" not in fault.sentence
    assert len(fault.sentence) <= 300
