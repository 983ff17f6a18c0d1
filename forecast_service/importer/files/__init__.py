"""Reads the files of an import: text in, recognised columns and checked cells out."""
