"""Options that the commands of ``gossamer study`` share, and how they find their study."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

if TYPE_CHECKING:
    from gossamer.lab import Study

Source = Annotated[str, Parameter(name="STUDY", help="a TOML file, a study's folder, or a preset's name")]
Folder = Annotated[Path | None, Parameter(help="folder of the study; by default studies/NAME")]
Json = Annotated[bool, Parameter(negative="", help="print JSON")]
Along = Annotated[str | None, Parameter(help="axis of the curves; by default the one with most levels")]
Reading = Annotated[
    str | None,
    Parameter(help="reading of the score: selected (default), last, or best_on_test as in the source paper"),
]


def find(source: str, folder: Path | None, *, recorded: bool = True) -> "Study":
    """Study of a command; with `recorded`, a preset or file that was run already is as it was run last."""
    from gossamer.lab import Study

    study = Study.load(source, folder=folder)
    if recorded and study.store.study_file.is_file():
        return Study.load(study.folder)
    return study
