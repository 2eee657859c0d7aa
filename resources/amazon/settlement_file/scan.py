"""Open DuckDB for one file and write the SQL pieces that every scan of it shares.

In: paths. Out: a connection without extensions from elsewhere, and table expressions. Names of columns inside the
text never reach SQL: the columns of a scan are c0, c1, c2 by position.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from resources.duckdb_engine import bounded_duckdb

# Longer lines than this are no settlement rows; the bound also bounds the buffers.
LINE_BYTES_MAX = 1_000_000
# The header is row 1, the first data row is row 2 and has position 0 in a Parquet file.
FIRST_DATA_ROW = 2


def open_scanner(folder: Path, memory_limit_mb: int) -> duckdb.DuckDBPyConnection:
    """Return an in-memory connection that keeps row order, downloads nothing and spills to `folder`."""
    return bounded_duckdb(folder / "spill", memory_limit_mb)


def csv_relation(path: Path, columns: int) -> str:
    """Return the table expression of a tab-separated text without quoting; all columns are text.

    Amazon does not quote: a lone quote, doubled quotes and backslashes are ordinary characters.
    """
    names = ", ".join(f"'c{position}': 'VARCHAR'" for position in range(columns))
    return (
        f"read_csv({_reading(path)}, auto_detect=false, delim='\t', quote='', escape='', comment='', header=false, "
        f"skip=1, null_padding=true, compression='none', new_line='\\n', max_line_size={LINE_BYTES_MAX}, "
        f"columns={{{names}}})"
    )


def parquet_relation(path: Path) -> str:
    """Return the table expression of a Parquet file with `file_row_number`, the position from 0."""
    return f"read_parquet({_reading(path)}, file_row_number=true)"


def lines_relation(path: Path) -> str:
    """Return the table expression of settlement lines as written by the reader, with `source_row` filled.

    The row in the source file is the position in the Parquet file: writing it as a column would take a window
    function, which costs 1.8 times a bare copy. Only the lines of wide V1 rows carry it.
    """
    row = f"coalesce(source_row, file_row_number + {FIRST_DATA_ROW}) AS source_row"
    return f"(SELECT * EXCLUDE (file_row_number) REPLACE ({row}) FROM {parquet_relation(path)})"


def copy_sql(select: str, target: Path) -> str:
    """Return the statement that writes a query as a Parquet file, in order.

    A dictionary is kept for columns of few values only: trying one on ids costs a tenth of the copy. Fast zstd takes no
    more time than the default codec and half the space; nothing looks single ids up, so there are no bloom filters.
    """
    literal = str(target).replace("'", "''")
    options = "FORMAT parquet, CODEC 'zstd', COMPRESSION_LEVEL 1, DICTIONARY_SIZE_LIMIT 4000, WRITE_BLOOM_FILTER false"
    return f"COPY ({select}) TO '{literal}' ({options})"


def _reading(path: Path) -> str:
    # DuckDB reads *, ? and [ in a path as a pattern; inside brackets they stand for themselves.
    plain = "".join(f"[{letter}]" if letter in "*?[" else letter for letter in str(path))
    return "'" + plain.replace("'", "''") + "'"
