"""What a request passes before a resource sees it: its body, its host, its origin, its size."""
