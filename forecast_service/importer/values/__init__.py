"""Values of cells: names, numbers and dates, as people and programs write them."""
