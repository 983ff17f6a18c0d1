"""Storage: database, tables, queue, dataset groups, forecasts, snapshots, files."""
