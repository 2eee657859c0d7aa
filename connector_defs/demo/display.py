"""What a person sees while the demonstration works: a bar on a terminal, a line per step in a log.

Both go to standard error, so that standard output holds the proof alone.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from connector_defs.cli.output import complain, console

Report = Callable[[str, int, int], None]


@contextmanager
def progress_display() -> Iterator[Report]:
    """Yield a function that is told what is being done, how much is done and how much there is."""
    screen = console(is_error=True)
    if not screen.is_terminal:
        yield _log_report()
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=screen, transient=True) as progress:
        task = progress.add_task("", total=1)
        yield lambda words, done, total: progress.update(task, description=words, completed=done, total=total)


def _log_report() -> Report:
    """Return a report that writes a line when the kind of work changes, not for every settlement."""
    said: set[str] = set()

    def report(words: str, done: int, total: int) -> None:
        kind = words.partition(" ")[0]
        if kind not in said:
            said.add(kind)
            complain(f"{words} ({done} of {total})")

    return report
