"""Pages for people: frames with texts, whose scripts call the public API."""
