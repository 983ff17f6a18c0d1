"""Auto: several algorithms side by side, weighted for each series by how well they did on it."""
