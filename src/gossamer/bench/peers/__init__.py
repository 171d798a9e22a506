"""Other software doing the same training steps; each module imports its package only when asked for."""
