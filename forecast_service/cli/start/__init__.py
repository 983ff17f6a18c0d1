"""The command `run`: what it imports, the sample data of a home, and the start."""
