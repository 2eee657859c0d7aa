"""The way of the money as a picture: gross, fees, refunds, reserves, deposit, as one small SVG.

Dagster shows markdown metadata inline up to 1,000 characters in all and hides longer texts behind a link, so the
picture counts every byte: numbers rounded to pixels, one path per bar, no style sheet. It is for the eye only; the
exact amounts stand in the table beside it.
"""

from collections.abc import Sequence
from decimal import Decimal
from urllib.parse import quote

WIDTH, ROW = 240, 13
LENGTH_MAX = 1000


def waterfall_svg(bars: Sequence[tuple[str, Decimal]]) -> str:
    """Draw bars that start where the one before ended; the last one stands on the zero line.

    A bar is as long as its amount, cut to whole pixels and at least one; labels are ours, never text of a file.
    """
    low, high, level = Decimal(0), Decimal(0), Decimal(0)
    spans: list[tuple[str, Decimal, Decimal, Decimal]] = []
    for position, (label, amount) in enumerate(bars, start=1):
        start = Decimal(0) if position == len(bars) else level
        end = start + amount
        spans.append((label, start, end, amount))
        low, high, level = min(low, start, end), max(high, start, end), end
    scale = Decimal(WIDTH - 110) / ((high - low) or Decimal(1))
    body = "".join(_bar(row, span, low, scale, row == len(spans) - 1) for row, span in enumerate(spans))
    height = ROW * len(spans)
    frame = f"xmlns='http://www.w3.org/2000/svg' width='{WIDTH * 2}' viewBox='0 0 {WIDTH} {height}'"
    return f"<svg {frame}><g font-size='9'>{body}</g></svg>"


def _bar(row: int, span: tuple[str, Decimal, Decimal, Decimal], low: Decimal, scale: Decimal, is_last: bool) -> str:
    label, start, end, amount = span
    left = 60 + int((min(start, end) - low) * scale)
    width = max(1, int(abs(end - start) * scale))
    color = "48f" if is_last else ("4a6" if amount >= 0 else "c55")
    y = row * ROW
    return f"<text y='{y + 9}'>{label}</text><path fill='#{color}' d='M{left} {y + 2}h{width}v9h-{width}'/>"


def waterfall_markdown(bars: Sequence[tuple[str, Decimal]], title: str = "gross to deposit") -> str:
    """Return the picture as a markdown image with a data URI, at most 1,000 characters; "" when it cannot fit."""
    for kept in (tuple(bars), _merged(bars)):
        address = quote(waterfall_svg(kept), safe=" =:/';,()!~*'")
        text = f"![{title}](data:image/svg+xml,{address.replace(' ', '%20')})"
        if len(text) <= LENGTH_MAX:
            return text
    return ""


def _merged(bars: Sequence[tuple[str, Decimal]]) -> tuple[tuple[str, Decimal], ...]:
    """Return fewer bars: everything between the first and the last two as one."""
    if len(bars) <= 4:
        return tuple(bars)
    middle = sum((amount for _, amount in bars[1:-2]), Decimal(0))
    return (bars[0], ("Other", middle), *bars[-2:])
