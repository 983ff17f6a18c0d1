"""Amazon Forecast as a service that may be away: what is known of it, what it is fed."""
