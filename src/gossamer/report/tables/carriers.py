"""The table of variables that could carry the fall."""

from gossamer.report.carriers import carriers
from gossamer.report.material import Material
from gossamer.report.table import Column, TableData, fixed, general
from gossamer.report.words import reading_name


def carriers_table(material: Material) -> TableData:
    """Every variable with its fit, best first.

    Raises
    ------
    AnalysisError
        If the variables cannot be compared.
    """
    found = carriers(material, material.reading).found
    rows = [
        {
            "variable": one.variable,
            "s": one.s,
            "a": one.a,
            "left_out": material.score.scale * one.left_out,
            "qaicc": one.qaicc,
            "weight": one.weight,
            "chi2": one.chi2,
            "freedom": one.freedom,
            **{f"plateau {name}": plateau for name, plateau in one.plateaus.items()},
        }
        for one in found
    ]
    return TableData(
        name="carriers",
        title=f"What carries the fall: {reading_name(material.score, material.reading)}",
        caption=(
            f"{material.score.label} = plateau of the series − a exp(−variable / scale), one a and scale for "
            "all series. Left-out error: of predicting each cell from the others. Weight: Akaike weight by "
            "QAICc."
        ),
        columns=(
            Column("variable", "variable", text=True),
            Column("s", "scale (its unit)", general(4)),
            Column("a", f"a ({material.score.label})", fixed(4)),
            Column(
                "left_out", f"left-out error ({material.score.difference_unit})", fixed(material.score.digits)
            ),
            Column("weight", "weight", fixed(3)),
            Column("chi2", "χ²", general(4)),
            Column("freedom", "freedom"),
        ),
        rows=tuple(rows),
        runs=found[0].runs,
    )
