"""Studies that come with the package, one TOML file each."""

from importlib import resources

from gossamer.errors import ConfigError
from gossamer.study.config import StudyConfig


def study_presets() -> list[str]:
    """Names of the studies that come with the package, sorted."""
    files = resources.files(__package__).iterdir()
    return sorted(file.name.removesuffix(".toml") for file in files if file.name.endswith(".toml"))


def study_preset(name: str) -> StudyConfig:
    """Study of that name (ConfigError if there is none)."""
    if name not in study_presets():
        raise ConfigError(f"There is no study preset {name!r}; there are {', '.join(study_presets())}.")
    text = resources.files(__package__).joinpath(f"{name}.toml").read_text(encoding="utf-8")
    return StudyConfig.from_toml(text, f"the preset {name}")
