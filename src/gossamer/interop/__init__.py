"""Other people's libraries: the same engine and methods behind interfaces that users know."""
