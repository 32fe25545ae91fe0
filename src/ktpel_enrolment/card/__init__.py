"""The face of the card, as a picture nobody can take for a real one."""
