"""An AWS account: setting it up, what it costs, and moving out of it."""
