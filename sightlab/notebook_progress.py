"""How a run tells where it is."""

import sys


def print_progress(line: str) -> None:
    """The default progress: one line on stderr, at once."""
    print(line, file=sys.stderr, flush=True)
