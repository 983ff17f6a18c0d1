"""Routes for planners: the outlook of a store, its items, comparisons, scenarios."""
