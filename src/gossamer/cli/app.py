"""The application: commands, global options, and errors as one line."""

import os
import shlex
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, CycloptsError, Parameter

import gossamer
from gossamer.cli import console, data, info, predict, settings, show, train
from gossamer.errors import GossamerError

# Command groups in modules of their own, each with an `app`; they are loaded when they are asked for.
_GROUPS = ("study", "bench", "oracle", "methods")


def build(arguments: Sequence[str]) -> App:
    """The application with the commands that `arguments` can mean."""
    app = App(
        name="gossamer",
        help="Truly sparse neural networks on ordinary CPUs, and what happens to them as they get sparser.",
        version=lambda: gossamer.__version__,
        help_format="markdown",
        console=console.help_out(),
    )
    app.command(train.train)
    app.command(show.show)
    app.command(predict.predict)
    app.command(data.app)
    app.command(info.info)
    app.command(settings.presets)
    app.command(settings.schema)
    app.register_install_completion_command()
    known = {"train", "show", "predict", "data", "info", "presets", "schema", "--install-completion"}
    for name in _GROUPS:
        asked = name in arguments or not known.intersection(arguments)
        if asked and find_spec(f"gossamer.cli.{name}") is not None:
            app.command(import_module(f"gossamer.cli.{name}").app, name=name)

    @app.meta.default
    def launch(
        *tokens: Annotated[str, Parameter(show=False, allow_leading_hyphen=True)],
        data_dir: Annotated[Path | None, Parameter(help="folder with data sets; also GOSSAMER_DATA")] = None,
        plugin: Annotated[
            list[Path] | None, Parameter(negative="", help="Python file with parts or methods of your own")
        ] = None,
    ) -> Any:
        for path in plugin or ():
            from gossamer.evolve.plugins import load_plugin

            load_plugin(path)
        if data_dir is not None:
            console.data_dir = data_dir
            from gossamer.data.folders import VARIABLE

            # Workers of a study are processes of their own and find the folder here, before the user's own.
            folders = [str(data_dir.absolute()), *filter(None, [os.environ.get(VARIABLE)])]
            os.environ[VARIABLE] = os.pathsep.join(folders)
        _check_environment()
        return app(tokens, exit_on_error=False, print_error=False, result_action="return_value")

    return app


def _check_environment() -> None:
    # The native module is loaded for this only where there is something to check.
    if os.environ.get("GOSSAMER_ISA") or os.environ.get("GOSSAMER_THREADS"):
        from gossamer.train.machine import check_environment

        check_environment()


def _as_value(error: CycloptsError, arguments: Sequence[str]) -> str:
    """For an option that is a key of a run: how the key is given."""
    from gossamer.train.config import RunConfig
    from gossamer.train.overrides import ALIASES

    option = str(getattr(getattr(error, "token", None), "value", "") or "")
    name, _, value = option.removeprefix("--").partition("=")
    key = name.replace("-", "_")
    if not option.startswith("--") or key.split(".")[0] not in {*ALIASES, *RunConfig.model_fields}:
        return ""
    place = arguments.index(option) if option in arguments else len(arguments)
    value = value or next(
        (word for word in arguments[place + 1 : place + 2] if not word.startswith("-")), "..."
    )
    return f" Settings are given as key=value: {key}={value}."


def run(arguments: list[str]) -> int:
    """Carry out a command line; its exit code."""
    console.command = shlex.join(["gossamer", *arguments])
    try:
        app = build(arguments)
        code = app.meta(arguments, exit_on_error=False, print_error=False, result_action="return_value")
    except GossamerError as error:
        console.complain(str(error))
        return 2
    except CycloptsError as error:
        console.complain(" ".join(str(error).split()) + _as_value(error, arguments))
        return 2
    except MemoryError:
        console.complain(
            "There is not enough memory for this; gossamer train --dry-run tells what a run needs, and a "
            "smaller or sparser network or a smaller batch needs less."
        )
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader of our output has seen enough. What is left in the buffer has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 0
    return code if isinstance(code, int) else 0
