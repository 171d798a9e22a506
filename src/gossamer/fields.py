"""One way to declare a config field: default, range, unit, help, and its part in a run's identity."""

from typing import Any

from pydantic import Field


def field(
    default: Any = ...,
    *,
    help: str,
    unit: str = "",
    execution: bool = False,
    absent: Any = None,
    **limits: Any,
) -> Any:
    """Declare a field of a pydantic config model.

    Parameters
    ----------
    default : any
        Default value; ``...`` makes the field required. A callable default goes into `limits` as
        ``default_factory``.
    help : str
        One line for the command line, the docs and the JSON schema.
    unit : str
        Unit or kind of the number ("epochs", "fraction", "links"); empty for names and switches.
    execution : bool
        True for fields that cannot change a result (threads, paths, cadences); they are left out of a run's
        identity.
    absent : any
        For fields added after the first release: the value that equals "before this field existed", wrapped
        in a one-element tuple. At that value the field is left out of the identity: older runs keep theirs.
    limits
        ``ge``, ``gt``, ``le``, ``lt``, ``min_length`` ... as in `pydantic.Field`.
    """
    extra: dict[str, Any] = {"unit": unit, "role": "execution" if execution else "identity"}
    if absent is not None:
        extra["absent"] = list(absent)
    if "default_factory" in limits:
        return Field(description=help, json_schema_extra=extra, **limits)
    return Field(default, description=help, json_schema_extra=extra, **limits)
