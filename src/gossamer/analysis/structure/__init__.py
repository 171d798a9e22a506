"""Structure of trained networks: what links do to inputs and neurons, as numbers against a null."""

from gossamer.analysis.structure.assemble import store_structure, structure_findings
from gossamer.analysis.structure.correspondence import LevelStatistic, Series
from gossamer.analysis.structure.degrees import Degrees
from gossamer.analysis.structure.findings import LevelStructure, Spread, StructureFindings
from gossamer.analysis.structure.maps import InputMaps, input_maps, maps_at
from gossamer.analysis.structure.measures import MEASURES, measure
from gossamer.analysis.structure.pixels import Pixels, pixels_of
from gossamer.analysis.structure.records import RunRecord, read_record
from gossamer.analysis.structure.settings import StructureSettings

__all__ = [
    "MEASURES",
    "Degrees",
    "InputMaps",
    "LevelStatistic",
    "LevelStructure",
    "Pixels",
    "RunRecord",
    "Series",
    "Spread",
    "StructureFindings",
    "StructureSettings",
    "input_maps",
    "maps_at",
    "measure",
    "pixels_of",
    "read_record",
    "store_structure",
    "structure_findings",
]
