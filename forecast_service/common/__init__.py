"""Small modules that every other part may import; they import nothing of ours but ``errors``."""
