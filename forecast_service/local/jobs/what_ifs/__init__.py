"""What-if analyses and forecasts: the model of a forecast with other related series."""
