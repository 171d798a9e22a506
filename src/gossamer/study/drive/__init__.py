"""Carrying out a plan: the driver, its workers, and what they tell."""
