"""Answers as tables for people: forecasts, stores and sales as CSV or as a spreadsheet."""
