"""`connector inspect`: exactly the promised object, and a sentence for what is no settlement."""

import gzip
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from connector_defs.cli.program import program

GOLDEN = Path(__file__).parent / "golden"


def _inspect(*arguments: str):
    return CliRunner().invoke(program, ["inspect", *arguments])


def test_the_object_is_the_promised_one() -> None:
    """Keys, order and texts are those of the golden file, which a person has read."""
    result = _inspect(str(GOLDEN / "settlement.txt"), "--json")
    assert result.exit_code == 0, result.output
    assert result.stdout == (GOLDEN / "settlement.json").read_text(encoding="utf-8")


def test_a_packed_file_says_the_same(tmp_path: Path) -> None:
    """Gzip changes nothing."""
    packed = tmp_path / "settlement.txt.gz"
    packed.write_bytes(gzip.compress((GOLDEN / "settlement.txt").read_bytes()))
    document = json.loads(_inspect(str(packed), "--json").stdout)
    assert document == json.loads((GOLDEN / "settlement.json").read_text(encoding="utf-8"))


def test_an_unknown_column_is_named_beside_the_object(tmp_path: Path) -> None:
    """It is kept out of the lines with a warning; standard output stays the promised object."""
    path = tmp_path / "report.txt"
    header, rows = (GOLDEN / "settlement.txt").read_bytes().split(b"\n", 1)
    path.write_bytes(header + b"\tcolumn-of-tomorrow\n" + rows)
    result = _inspect(str(path), "--json")
    assert (result.exit_code, result.stdout) == (0, (GOLDEN / "settlement.json").read_text(encoding="utf-8"))
    assert result.stderr == "Columns that are not known were left out: column-of-tomorrow.\n"


def test_people_get_tables_and_the_unknown_label_named() -> None:
    """Without --json the same is readable."""
    result = _inspect(str(GOLDEN / "settlement.txt"))
    assert result.exit_code == 0
    assert "90000000001" in result.stdout
    assert "No category is known for: AmazonFees / Peak Season Handling Surcharge / Base fee" in result.stdout


@pytest.mark.parametrize(
    "content, word",
    [
        (b"", "empty"),
        (b"<!DOCTYPE html><html><body>Sign in</body></html>", "HTML"),
        (b"\x00\x01\x02\x03" * 100, "binary"),
        (b"amazon-order-id\tpurchase-date\n1\t2\n", ""),
    ],
)
def test_what_is_no_settlement_is_refused_with_a_sentence(content: bytes, word: str, tmp_path: Path) -> None:
    """Exit 2, nothing on standard output, the file named."""
    path = tmp_path / "report.txt"
    path.write_bytes(content)
    result = _inspect(str(path), "--json")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "report.txt" in result.stderr
    assert word.lower() in result.stderr.lower()


def test_a_file_that_does_not_tie_is_refused_naming_both_figures(tmp_path: Path) -> None:
    """The sum and the total stand in the sentence."""
    path = tmp_path / "report.txt"
    path.write_bytes((GOLDEN / "settlement.txt").read_bytes().replace(b"\t100.00\t", b"\t100.01\t"))
    result = _inspect(str(path))
    assert result.exit_code == 2
    assert "75.66" in result.stderr
    assert "75.65" in result.stderr


def test_a_missing_file_is_refused() -> None:
    """A path that leads nowhere is an input, not a fault."""
    result = _inspect("/nowhere/settlement.txt")
    assert result.exit_code == 2
    assert "there is no such file" in result.stderr
