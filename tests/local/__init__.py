"""Tests of the local Amazon Forecast."""
