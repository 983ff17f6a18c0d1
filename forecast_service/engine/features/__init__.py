"""What is known in advance about every period, as columns of a regression or of trees."""
