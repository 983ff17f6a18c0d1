"""Scripts that upgrade the schema, run by ``Database.migrate``."""
