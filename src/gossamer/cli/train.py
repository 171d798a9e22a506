"""``gossamer train``: one run, from words to a folder."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from gossamer.cli import console
from gossamer.cli.settings import explain
from gossamer.units import duration, percent, size

if TYPE_CHECKING:
    from gossamer.data import Dataset
    from gossamer.train.config import RunConfig
    from gossamer.train.run import Run

_INTERRUPTED, _DIVERGED = 130, 1
_STOPPING = "Stopping: the run is being saved. Press Ctrl-C again to end without that."


def train(
    *words: Annotated[
        str,
        Parameter(
            name="CONFIG-OR-DATA-OR-KEY=VALUE",
            help="a TOML file, a file or folder of data (the same as dataset=...), values such as zeta=0.5",
        ),
    ],
    preset: Annotated[
        str | None, Parameter(help="configuration to start from: digits (default) or paper")
    ] = None,
    out: Annotated[
        Path | None, Parameter(help="folder of the run; by default below runs/, named by what the run is")
    ] = None,
    dry_run: Annotated[
        bool, Parameter(negative="", help="only tell links, memory and expected time")
    ] = False,
    show_config: Annotated[bool, Parameter(negative="", help="only print the configuration as TOML")] = False,
    help_config: Annotated[
        str | None, Parameter(help="only tell what a key such as zeta, optimizer or data.split takes")
    ] = None,
    json: Annotated[bool, Parameter(negative="", help="print the result as JSON")] = False,
) -> int:
    """Train a network, or go on with a run that was stopped.

    A run is found again by its folder: the same command goes on where it was stopped, and shows the result
    of a run that is finished. More epochs are added to a finished run by the same command with a larger
    epochs=N, the same --out, and execution.keep_checkpoint=true from the start.
    """
    from gossamer.cli.data import show_data
    from gossamer.cli.progress import Download
    from gossamer.data import load_dataset, understood
    from gossamer.train.config_file import config_toml

    config = configuration(words, preset)
    if help_config is not None:
        explain(help_config, config)
        return 0
    if show_config:
        console.out().print(config_toml(config), markup=False, end="")
        return 0
    with Download() as download:
        dataset = load_dataset(
            config.data, data_dir=console.data_dir, seed=config.seed_of("data"), progress=download
        )
    show_data(understood(dataset), json=json)
    if dry_run:
        _show_estimate(config, dataset, json)
        return 0
    return _train(config, dataset, out or _default_folder(config, dataset), json)


def configuration(words: tuple[str, ...], name: str | None) -> "RunConfig":
    """Configuration of a preset or file, with the data set and single values replaced.

    A word without "=" is a configuration when it ends in .toml, and else a data set.
    """
    from gossamer.errors import ConfigError
    from gossamer.train.config_file import parse_value, read_config
    from gossamer.train.overrides import with_overrides
    from gossamer.train.presets import DEFAULT_PRESET, preset

    plain = [word for word in words if "=" not in word]
    files = [word for word in plain if word.lower().endswith(".toml")]
    sets = [f"dataset={word}" for word in plain if word not in files]
    if len(sets) > 1:
        raise ConfigError(f"The run is to be trained on {' and on '.join(sets)}; give one of them.")
    if len(files) > 1 or (files and name is not None):
        named = [*files, *([f"--preset {name}"] if name else [])]
        raise ConfigError(f"The run is to start from {' and from '.join(named)}; give one of them.")
    config = read_config(Path(files[0])) if files else preset(name or DEFAULT_PRESET)
    pairs = (word.partition("=") for word in (*sets, *words) if "=" in word)
    return with_overrides(config, {key.strip(): parse_value(value.strip()) for key, _, value in pairs})


def _default_folder(config: "RunConfig", dataset: "Dataset") -> Path:
    from gossamer.train.identity import identity

    run_identity = identity(config, dataset.checksum)
    name = "".join(c if c.isalnum() or c in "-_." else "-" for c in f"{dataset.name}-{config.method.name}")
    return Path("runs") / f"{name}-{run_identity[:10]}"


def _train(config: "RunConfig", dataset: "Dataset", folder: Path, json: bool) -> int:
    from gossamer.cli.progress import Training
    from gossamer.stopping import StopRequest
    from gossamer.train.session import train as train_run
    from gossamer.train.tell import lines_of

    with Training() as shown, StopRequest(say=lambda: shown.say(_STOPPING)) as stop:
        run = train_run(config, dataset, folder=folder, progress=shown, stop=stop.asked)
    if json:
        console.print_json(_json(run, folder))
    else:
        console.print_pairs(lines_of(run))
    if run.state == "interrupted":
        done = f"Stopped after {len(run.history)} of {config.training.epochs} epochs and saved in {folder}."
        console.err().print(f"{done} The same command goes on from there:\n  {console.command}", markup=False)
        return _INTERRUPTED
    if run.divergence:
        console.complain(run.divergence)
    return _DIVERGED if run.state == "diverged" else 0


def _json(run: "Run", folder: Path) -> dict[str, Any]:
    from gossamer.train.summary import summary_of

    return {
        "folder": str(folder),
        **summary_of(run),
        "divergence": run.divergence or None,
        "accounting": run.measured.get("accounting"),
    }


def _show_estimate(config: "RunConfig", dataset: "Dataset", json: bool) -> None:
    from gossamer.data import understood
    from gossamer.train.estimate import estimate
    from gossamer.train.memory import memory_sentence

    found = estimate(config, dataset)
    if json:
        values: dict[str, Any] = {"data": understood(dataset).to_json()}
        values |= {name: value for name, value in vars(found).items() if name != "paths"}
        paths = {"inputs": found.paths.inputs, "outputs": found.paths.outputs}
        console.print_json({**values, "paths": paths, "total_seconds": found.total_seconds})
        return
    layers = ", ".join(
        f"{links:,} ({percent(density)})" for links, density in zip(found.links, found.density, strict=True)
    )
    console.print_pairs(
        {
            "network": "-".join(map(str, found.sizes)),
            "links": f"{sum(found.links):,}, {percent(found.sparsity)} sparse; by layer {layers}",
            "on a path": f"{found.paths.inputs:g} of {found.sizes[0]} inputs, "
            f"{found.paths.outputs:g} of {found.sizes[-1]} outputs",
            "memory": f"{size(found.network_bytes)} network, {size(found.batch_bytes)} for a batch, "
            f"{size(found.data_bytes)} data",
            "updates": f"{found.update_flop:.1e} operations each for the dense gradient, "
            f"{size(found.update_bytes)}",
            "time": f"{duration(found.total_seconds)} for {found.epochs:,} epochs "
            f"of {found.steps_per_epoch:,} steps",
        }
        | ({} if found.update_flop else {"updates": "without dense gradients"})
    )
    if not found.sampled:
        note = "the network is too large to be tried here: links and paths are expected ones, time the least"
        console.err().print(f"Note: {note}.", markup=False)
    needed = found.network_bytes + found.batch_bytes + found.update_bytes
    if found.available_bytes is not None and needed > found.available_bytes:
        said = memory_sentence(needed, found.available_bytes)
        console.err().print(f"Note: {said}", markup=False)
    if found.warning:
        console.err().print(f"Note: {found.warning}", markup=False)
