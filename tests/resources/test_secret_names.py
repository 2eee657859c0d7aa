"""A secret pasted where its name belongs is refused before anybody sees it, and the refusal does not say it again."""

import pytest
from pydantic import BaseModel, ValidationError

from resources.secret_names import SecretName, secrets_in


class Settings(BaseModel):
    """Settings with one name."""

    password: SecretName


@pytest.mark.parametrize(
    "name", ["amazon_us_refresh_token", "peoplesoft_password", "prod/erp.password-2", "A", "kv/finance/amazon/us"]
)
def test_names_are_taken(name):
    """Words of letters and digits with the separators that the vault takes."""
    assert Settings(password=name).password == name


@pytest.mark.parametrize(
    "value",
    [
        "Atzr|IwEBIexampleSECRETSECRET",
        "amzn1.oa2-cs.v1.0123456789abcdef",
        "amzn1.application-oa2-client.0123456789abcdef",
        "0123456789abcdef0123456789abcdef",
        "hunter2!",
        "two words",
        "",
    ],
)
def test_values_are_refused_and_not_said_again(value):
    """By their looks: tokens, client secrets, long runs of letters and digits, signs that no name has."""
    with pytest.raises(ValidationError) as caught:
        Settings(password=value)
    [problem] = caught.value.errors()
    assert "this is no name of a secret in the vault" in problem["msg"]
    assert not value or value not in problem["msg"]


def test_a_secret_anywhere_in_a_file_is_found():
    """In a description, a list or an address."""
    given = {"a": {"b": ["fine", "token Atzr|IwEBIexample"]}, "c": "https://user:word@host/", "d": 5, "e": "fine"}
    assert list(secrets_in(given)) == [("a", "b", 1), ("c",)]
