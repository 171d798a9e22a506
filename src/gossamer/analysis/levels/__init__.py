"""Runs to levels: their means, their noise, and bootstrap draws of both."""
