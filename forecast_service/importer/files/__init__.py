"""The files of an import: read as text, their columns recognised, every cell checked."""
