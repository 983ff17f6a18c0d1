"""Routes about all stores at once: the overview, the regions, the accuracy of what was served."""
