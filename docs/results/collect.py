"""Put what a study showed into this folder: compact runs, figures, tables, and how it was made.

python docs/results/collect.py STUDY-FOLDER docs/results/NAME --command "gossamer study run NAME"

NAME/study/       compact form; with `gossamer study import` nothing is trained again
NAME/figures/     SVG of every figure, and the numbers of those about structure, which need the networks
NAME/tables/      CSV and Markdown
NAME/measured.md  command, machine, versions, time

python docs/results/collect.py STUDY-FOLDER docs/results/NAME --again

writes figures, tables and the answer again from an imported study; what needs the networks themselves stays.
"""

import argparse
import json
import re
import shutil
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from gossamer import Study
from gossamer.errors import GossamerError

# Ages, degrees and paths cannot be computed again from compact runs, so their numbers are kept. The maps of
# the page's sliders show in one state what Figure 4 shows of eight levels.
_ONLY_FROM_NETWORKS = "structure"
_LEFT_OUT = "input-maps"


def main() -> None:
    """Collect one study."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("study", type=Path)
    parser.add_argument("target", type=Path)
    how = parser.add_mutually_exclusive_group(required=True)
    how.add_argument("--command", help="the command that trained it")
    how.add_argument("--again", action="store_true", help="from an imported study")
    args = parser.parse_args()
    try:
        study = Study.load(args.study)
        if args.again:
            collect_again(study, args.target)
        else:
            collect(study, args.target, args.command)
    except GossamerError as error:
        parser.exit(1, f"{error}\n")


def collect(study: Study, target: Path, command: str) -> None:
    """Write all of it; what an earlier call wrote is replaced, compact runs stay."""
    study.export(target / "study")
    for name in ("figures", "tables"):
        shutil.rmtree(target / name, ignore_errors=True)
    (target / "measured.md").write_text(measured(study, command, _write(study, target)))


def collect_again(study: Study, target: Path) -> None:
    """Write what compact runs give again: figures, tables, and the answer in measured.md."""
    answer, facts = _write(study, target), (target / "measured.md").read_text()
    lines = (
        f"| answer | {answer} |" if line.startswith("| answer |") else line for line in facts.split("\n")
    )
    (target / "measured.md").write_text("\n".join(lines))


def _write(study: Study, target: Path) -> str:
    """Figures and tables of a study; returns its answer."""
    with tempfile.TemporaryDirectory() as folder:
        report = study.report(Path(folder))
        for path in report.files:
            kind = path.parent.name
            wanted = path.suffix in (".csv", ".md") if kind == "tables" else path.suffix == ".svg"
            if kind == "figures" and path.suffix == ".csv":
                wanted = path.stem.startswith(_ONLY_FROM_NETWORKS)
            # Without networks only part of these is left.
            wanted = wanted and (
                kind != "figures" or not path.stem.startswith(_ONLY_FROM_NETWORKS) or _whole(study)
            )
            if kind in ("figures", "tables") and wanted and path.stem != _LEFT_OUT:
                (target / kind).mkdir(parents=True, exist_ok=True)
                (target / kind / path.name).write_text(shorter(path.read_text()))
        return report.answer


def _whole(study: Study) -> bool:
    return all(study.store.manifest(identity).form == "full" for identity in study.store.finished())


def shorter(text: str) -> str:
    """Numbers to 8 decimals; of an SVG coordinates to a tenth of a pixel, and colours with short names."""
    if not text.startswith("<svg"):
        return re.sub(r"(\d\.\d{8})\d+", r"\1", text)
    text = re.sub(r"-?\d+\.\d{2,}", lambda found: f"{float(found[0]):.1f}", text)
    text = re.sub(
        r"rgb\((\d+), (\d+), (\d+)\)", lambda found: "#" + bytes(map(int, found.groups())).hex(), text
    )
    return re.sub(r' (?:aria-[a-z]+|role|class)="[^"]*"', "", text)


def measured(study: Study, command: str, answer: str) -> str:
    """Command, machine, versions and time as Markdown."""
    table = study.table()
    identities = [str(identity) for identity in table["identity"]]
    facts = {
        identity: json.loads((study.store.runs / identity / "measured" / "measured.json").read_bytes())
        for identity in study.store.finished()
    }
    attempts = [attempt for fact in facts.values() for attempt in fact["attempts"]]
    first = {identities[k] for k in range(len(identities)) if table["replicate"][k] == 1}
    rows = {
        "answer": answer,
        "command": f"`{command}`",
        "runs": f"{len(facts)} finished of {len(set(identities))}",
        "digest": f"`{study.digest().value}`",
        "processor": ", ".join(sorted({f"{a['cpu']} ({a['instruction_set']})" for a in attempts})),
        "system": ", ".join(sorted({f"{a['system']}, Python {a['python']}" for a in attempts})),
        "libraries": ", ".join(sorted({f"{k} {v}" for a in attempts for k, v in a["versions"].items()})),
        "threads of a run": ", ".join(sorted({str(a["threads"]) for a in attempts})),
        "wall-clock time": _wall(attempts),
        "wall-clock time of replicate 1": _wall(
            [a for identity, fact in facts.items() if identity in first for a in fact["attempts"]]
        ),
        "sum over runs": str(timedelta(seconds=round(sum(a["seconds"] for a in attempts)))),
    }
    return "\n".join(["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows.items()), ""])


def _wall(attempts: list[dict[str, Any]]) -> str:
    began = [datetime.fromisoformat(attempt["began"]) for attempt in attempts]
    ended = [b + timedelta(seconds=a["seconds"]) for a, b in zip(attempts, began, strict=True)]
    return str(timedelta(seconds=round((max(ended) - min(began)).total_seconds())))


if __name__ == "__main__":
    main()
