"""What planners see beside the forecasts: the parts of each series, and their scenarios."""
