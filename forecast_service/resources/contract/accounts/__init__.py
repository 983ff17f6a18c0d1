"""Requests and answers about callers: keys, users, sessions, the audit log."""
