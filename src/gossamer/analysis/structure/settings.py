"""What a look at the structure of networks may be told."""

from dataclasses import dataclass

from gossamer.errors import AnalysisError


@dataclass(frozen=True)
class StructureSettings:
    """Settings of `structure_findings`; all have defaults.

    Parameters
    ----------
    permutations : int >= 99
        Permutations behind every p value. With L levels, Holm's correction needs more than L / alpha of them
        before a single level can be significant.
    seed : int
        Seed of every random choice of the analysis.
    alpha : float in (0, 0.5)
        Level of the tests, after correction.
    least_links : int >= 1
        A map with fewer links has no statistics.
    epochs : tuple of int
        Stored epochs to look at besides the last update of each run.
    degree_draws : int >= 0
        Most bootstrap draws behind the goodness of fit of a power law; 0 leaves it out.
    path_samples : int >= 0
        Paths of three links sampled for the clustering of a network; 0 leaves small-worldness out.
    distance_sources : int >= 1
        Neurons from which distances are measured.
    null_networks : int >= 1
        Random networks that distances are compared with.

    Raises
    ------
    AnalysisError
        If a value is out of range.
    """

    permutations: int = 1999
    seed: int = 0
    alpha: float = 0.05
    least_links: int = 30
    epochs: tuple[int, ...] = ()
    degree_draws: int = 100
    path_samples: int = 20_000
    distance_sources: int = 32
    null_networks: int = 3

    def __post_init__(self) -> None:
        for name, least in (
            ("permutations", 99),
            ("least_links", 1),
            ("degree_draws", 0),
            ("path_samples", 0),
            ("distance_sources", 1),
            ("null_networks", 1),
        ):
            if getattr(self, name) < least:
                raise AnalysisError(f"{name} is {getattr(self, name)}, but must be at least {least}.")
        if not 0.0 < self.alpha < 0.5:
            raise AnalysisError(f"alpha is {self.alpha:g}, but must lie between 0 and 0.5.")
