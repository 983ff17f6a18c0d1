"""Commands about AWS accounts."""
