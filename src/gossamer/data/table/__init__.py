"""Text tables: one row a sample, one column the label, all others numbers or words."""

from gossamer.data.table.read import read_labels, read_numbers, read_rows, read_table

__all__ = ["read_labels", "read_numbers", "read_rows", "read_table"]
