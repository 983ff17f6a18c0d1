"""What the service keeps: database, tables, queue, dataset groups, forecasts, snapshots, files."""
