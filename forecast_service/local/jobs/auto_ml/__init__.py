"""PerformAutoML: the algorithm that forecasts a data set best."""
