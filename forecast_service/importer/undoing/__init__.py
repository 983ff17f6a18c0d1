"""Undoing: what an import changes, what taking it back would bring back, and the undo."""
