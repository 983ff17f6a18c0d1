"""What HTTP takes and gives: requests, answers, and their description in ``/openapi.json``."""
