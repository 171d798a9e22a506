"""Studies as people hold them: their runs, and what these show."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gossamer.errors import AnalysisError
from gossamer.study import StudyConfig, StudyRuns
from gossamer.study.plan.policies import POLICIES, Policies
from gossamer.study.runs import DEFAULT_RUNNER

if TYPE_CHECKING:
    from gossamer.analysis import Findings, Sample
    from gossamer.analysis.contour.curve import CurveFindings
    from gossamer.analysis.groups import GroupFindings
    from gossamer.analysis.laws.law_findings import LawFindings
    from gossamer.report import Report

# Analysis and report are imported when they are first asked for: training and looking up do without them.


class Study(StudyRuns):
    """A study: a question, the folder with the runs that answer it, and what they show.

    Parameters
    ----------
    config : StudyConfig
    folder : Path, optional
        Where its runs are kept; ``studies/NAME`` in the current folder if not given.
    runner : str
        Name of the module that knows and trains runs.

    Raises
    ------
    ConfigError
        If what the study tells its policy or its analysis does not fit.
    """

    def __init__(
        self, config: StudyConfig, folder: str | Path | None = None, *, runner: str = DEFAULT_RUNNER
    ) -> None:
        if config.analysis:
            from gossamer.analysis.settings import settings_of

            settings_of(config.analysis)
        super().__init__(config, folder, runner=runner, policies=_policies(config.refinement.policy))

    def curves(self, axis: str | None = None) -> list[dict[str, Any]]:
        """Levels of the other axes for every curve along an axis: what `where` may be."""
        from gossamer.analysis.curves import axis_of, curves_of

        table = self.table()
        return curves_of(table, self.axes(), axis_of(self, table, axis))

    def sample(
        self, axis: str | None = None, *, where: Mapping[str, Any] | None = None, reading: str | None = None
    ) -> "Sample":
        """Runs of one curve of the study.

        Parameters
        ----------
        axis : str, optional
            Alias or path of the axis; the study's own, else the one with most levels.
        where : mapping, optional
            Levels of the other axes; may be left out where there is only one choice.
        reading : str, optional
            selected, last or best_on_test; `selected` where there are validation samples if not given.

        Raises
        ------
        AnalysisError
            If the runs make no such curve.
        """
        from gossamer.analysis.curves import sample_of

        return sample_of(self, self.table(), axis, where=where, reading=reading)

    def analyse(
        self, axis: str | None = None, *, where: Mapping[str, Any] | None = None, reading: str | None = None
    ) -> "Findings":
        """Levels, plateau, contour and laws of one curve; parameters as in `sample`."""
        from gossamer.analysis.curves import analyse_curve

        return analyse_curve(self, self.table(), axis, where=where, reading=reading)

    def compare(self, reading: str | None = None) -> "GroupFindings | None":
        """Groups of a study without a numeric axis, such as methods; None with such an axis, or without runs.

        Parameters
        ----------
        reading : str, optional
            selected, last or best_on_test; `selected` where there are validation samples if not given.

        Raises
        ------
        AnalysisError
            If there is no such reading.
        """
        from gossamer.analysis.groups import compare_groups, has_numeric_axis

        table = self.table()
        if not table.n_runs or has_numeric_axis(self, table):
            return None
        return compare_groups(self, table, reading)

    def contour(self, axis: str | None = None, **choice: Any) -> "CurveFindings":
        """Plateau, contour, classes of levels of one curve; parameters as in `sample`."""
        view = self.analyse(axis, **choice).everything
        if view.curve is None:
            raise AnalysisError(" ".join(view.notes) or "The runs do not determine a contour.")
        return view.curve

    def law(self, name: str | None = None, axis: str | None = None, **choice: Any) -> "LawFindings":
        """The law of this name, or that which predicts best; parameters as in `sample`."""
        view = self.analyse(axis, **choice).everything
        found = view.laws[0] if name is None and view.laws else view.law(name or "")
        if found is None:
            raise AnalysisError(" ".join(view.notes) or f"There is no fitted law {name!r}.")
        return found

    def report(self, path: str | Path | None = None) -> "Report":
        """Write page, figures and tables to a folder, by default ``report`` in the study's."""
        from gossamer.report import write_report

        return write_report(self, path)


def _policies(name: str) -> Policies:
    """Policies for a study that names this one; those that read findings only where it may be one of them."""
    if name in POLICIES:
        return POLICIES
    from gossamer.design.policies import policies

    return policies()
