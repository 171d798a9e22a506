"""The comparison of the page again, without the smallest networks.

gossamer study import persistence docs/results/persistence/study
python docs/results/persistence/subsets.py studies/persistence
"""

import sys

import numpy as np

from gossamer import Study
from gossamer.analysis import compare_carriers


def main() -> None:
    """Print the Akaike weights with all networks, and from epsilon 3 and 6 on."""
    table = Study.load(sys.argv[1]).table()
    kept, steps = 1.0 - table["zeta"], table["method.when.every"]
    variables = {
        "persisting links": table["persisting_links"],
        "persisting links x steps": table["persisting_links"] * steps,
        "kept fraction": kept,
        "kept fraction x steps": kept * steps,
    }
    cells = np.array([f"{e} {k} {s}" for e, k, s in zip(table["epsilon"], kept, steps, strict=True)])
    for least in (0, 3, 6):
        rows = np.flatnonzero(table["epsilon"] >= least)
        found = compare_carriers(
            tuple(table["identity"][rows].tolist()),
            tuple(map(str, table["epsilon"][rows].tolist())),
            tuple(cells[rows].tolist()),
            {name: values[rows].astype(np.float64) for name, values in variables.items()},
            table["accuracy_selected"][rows],
        )
        lines = (f"  {c.variable}: weight {c.weight:.6f}, chi2 {c.chi2:.1f} on {c.freedom}" for c in found)
        sys.stdout.write("\n".join([f"epsilon >= {least}", *lines, ""]))


if __name__ == "__main__":
    main()
