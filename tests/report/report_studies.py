"""Small studies that are really trained, in a second or two."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from gossamer.lab import Study
from gossamer.study import PoolExecutor, StudyConfig

SWEEP = """
name = "sweep"
question = "How much can be rewired?"
base = "digits"
replicates = 2
seed = 5
analysis = { draws = 100, laws = ["exponential", "logistic"] }

[run]
hidden = [30, 30]
epochs = 12
data.train_samples = 300

[[blocks]]
name = "sweep"
axes = [{ field = "zeta", values = [0.0, 0.3, 0.6, 0.9, 0.96, 0.98, 1.0] }]

[[blocks]]
name = "static"
run = { method = "static" }
"""

PAIR = """
name = "pair"
base = "digits"
replicates = 1
seed = 6
analysis = { draws = 100, laws = ["exponential", "logistic"] }

[run]
hidden = [20]
epochs = 2
data.train_samples = 200
data.validation_samples = 0

[[axes]]
field = "method.start.dense_output"
values = [false, true]

[[axes]]
field = "epsilon"
values = [20.0, 5.0, 2.0, 1.0, 0.5]
"""


def trained(text: str, folder: Path) -> Study:
    """The study of a TOML text, trained in threads of this process."""
    study = Study(StudyConfig.from_toml(text), folder)
    summary = study.run(executor=lambda: PoolExecutor(lambda: ThreadPoolExecutor(2), 2))
    assert summary.state == "complete"
    assert not summary.failed
    return study
