"""Upkeep: daily maintenance, pruning of old records, sweeping of files, backup and restore."""
