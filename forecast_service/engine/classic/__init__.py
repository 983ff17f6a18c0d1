"""ETS and ARIMA, chosen for each series; an optional extra."""
