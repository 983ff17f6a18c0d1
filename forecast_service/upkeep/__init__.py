"""Upkeep: daily maintenance, pruning of what is old, sweeping of files, backup and restore."""
