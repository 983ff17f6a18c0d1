"""Steps from one schema to the next, applied by ``Database.migrate``."""
