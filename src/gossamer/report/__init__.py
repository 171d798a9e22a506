"""Findings to figures, tables and one page that opens without a network."""

from gossamer.report.figure import Figure, FigureData
from gossamer.report.material import Material, gather
from gossamer.report.table import TableData
from gossamer.report.write import Report, write_report

__all__ = ["Figure", "FigureData", "Material", "Report", "TableData", "gather", "write_report"]
