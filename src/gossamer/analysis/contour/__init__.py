"""Where accuracy starts to fall: plateau, monotone fit, contours, last safe level. No law is assumed."""
