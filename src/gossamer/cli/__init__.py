"""The command line: words -> calls of the public Python API, nothing else."""

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and end the process with its exit code.

    0 is success, 1 a run that diverged or a failed check, 2 something that gossamer cannot do as asked (one
    sentence on standard error), 130 a stop by Ctrl-C.
    """
    from gossamer.cli.app import run

    sys.exit(run(list(sys.argv[1:] if arguments is None else arguments)))
