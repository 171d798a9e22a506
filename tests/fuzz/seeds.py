"""What inputs are damaged copies of: one small run, one small study, and files of every format."""

import gzip
import struct
from pathlib import Path
from typing import Any

import numpy as np
import scipy.io
import scipy.sparse

from gossamer.cli.app import run as command

SMALL = ("network.hidden=[4]", "epochs=1", "training.batch_size=4", "data.validation_samples=0")

STUDY = """
name = "fuzzed"
question = "What does damage do?"
base = "digits"
replicates = 2

[run]
hidden = [6]
epochs = 2
data.train_samples = 60
data.validation_samples = 20
data.test_samples = 40

[[axes]]
field = "zeta"
values = [0.0, 0.5, 0.9, 1.0]

[analysis]
draws = 100
laws = ["exponential"]
"""


def prepare(seeds: Path) -> None:
    """One small run, one small study and files of every format, which inputs are damaged copies of."""
    rows = np.random.default_rng(0).integers(0, 9, (24, 3))
    labels = np.arange(24) % 3
    files = seeds / "files"
    files.mkdir()
    for name, separator in (("comma.csv", ","), ("semicolon.csv", ";"), ("tab.tsv", "\t")):
        lines = [separator.join(["a", "b", "c", "label"])]
        lines += [
            separator.join(map(str, (*row, label)))
            for row, label in zip(rows.tolist(), labels.tolist(), strict=True)
        ]
        (files / name).write_text("\n".join(lines) + "\n")
    (files / "words.csv").write_text(
        "colour,size,class\n" + "red,1.5,yes\nblue,2.5,no\n,3,yes\nred,?,no\n" * 6
    )
    (files / "rows.svm").write_text(
        "".join(f"{label} 1:{row[0]} 3:{row[2]}\n" for row, label in zip(rows, labels, strict=True))
    )
    np.savez(files / "dense.npz", x=rows.astype(np.float32), y=labels)
    np.savez(files / "parts.npz", x_train=rows, y_train=labels, x_test=rows[:6], y_test=labels[:6])
    scipy.sparse.save_npz(files / "sparse.npz", scipy.sparse.csr_array(rows.astype(float)))
    np.save(files / "sparse.labels.npy", labels)
    scipy.io.savemat(files / "pair.mat", {"X": rows.astype(float), "Y": labels[:, None] + 1})
    with gzip.open(files / "comma.csv.gz", "wb") as packed:
        packed.write((files / "comma.csv").read_bytes())
    (files / "samples.csv").write_text("a,b,c\n" + "".join(f"{a},{b},{c}\n" for a, b, c in rows[:5].tolist()))
    np.save(files / "samples.npy", rows[:5].astype(np.float64))
    idx = seeds / "idx"
    idx.mkdir()
    for part, count in (("train", 24), ("t10k", 6)):
        images = np.random.default_rng(1).integers(0, 255, (count, 3, 3), np.uint8)
        _idx(idx / f"{part}-images-idx3-ubyte", images)
        _idx(idx / f"{part}-labels-idx1-ubyte", (np.arange(count) % 2).astype(np.uint8))
    (seeds / "study.toml").write_text(STUDY)
    for words in (
        [
            "train",
            f"dataset={files / 'comma.csv'}",
            *SMALL,
            "execution.keep_checkpoint=true",
            "--out",
            str(seeds / "run"),
        ],
        [
            "study",
            "run",
            str(seeds / "study.toml"),
            "--folder",
            str(seeds / "study"),
            "--workers",
            "2",
            "--no-report",
        ],
    ):
        code = command(words)
        if code:
            raise SystemExit(f"the seed {words} ended with {code}")


def _idx(path: Path, values: Any) -> None:
    head = struct.pack(">BBBB", 0, 0, 8, values.ndim) + struct.pack(">" + "I" * values.ndim, *values.shape)
    path.write_bytes(head + values.tobytes())
