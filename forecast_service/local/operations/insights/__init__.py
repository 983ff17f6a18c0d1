"""What is made from predictors and forecasts: what-ifs, explainabilities and monitors."""
