"""Access tokens, sealed."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from resources.store.tokens import SealedTokens
from tests.resources.store.samples import START

END = START + timedelta(hours=1)


def opened(sealed: str) -> str:
    if not sealed.startswith("sealed:"):
        raise KeyError("some library's own error")
    return sealed.removeprefix("sealed:")[::-1]


@pytest.fixture
def tokens(control):
    """Tokens under a seal that can be looked through."""
    return SealedTokens(control, lambda token: f"sealed:{token[::-1]}", opened)


def test_a_token_comes_back_with_its_end(tokens):
    """The last one put counts."""
    assert tokens.get("app:seller") is None
    tokens.put("app:seller", "Atza|first", START)
    tokens.put("app:seller", "Atza|second", END)
    tokens.put("app:other", "Atza|other", END)
    assert tokens.get("app:seller") == ("Atza|second", END)


def test_a_forgotten_token_is_gone(tokens):
    """Forgetting twice does no harm."""
    tokens.put("app:seller", "Atza|first", END)
    tokens.forget("app:seller")
    tokens.forget("app:seller")
    assert tokens.get("app:seller") is None


def test_no_token_is_stored_in_the_clear(tokens, control):
    """Only what the vault has sealed."""
    tokens.put("app:seller", "Atza|first", END)
    with control.reading() as reading:
        assert reading.execute(text("SELECT sealed FROM sealed_tokens")).scalar_one() == "sealed:tsrif|aztA"


def test_a_token_that_cannot_be_opened_is_not_there(tokens, control):
    """Another key, or a damaged row: the next exchange replaces it."""
    tokens.put("app:seller", "Atza|first", END)
    with control.transaction("traffic") as transaction:
        transaction.execute(text("UPDATE sealed_tokens SET sealed = 'damaged'"))
    assert tokens.get("app:seller") is None
    tokens.put("app:seller", "Atza|second", END)
    assert tokens.get("app:seller") == ("Atza|second", END)
