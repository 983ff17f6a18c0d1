"""Log-in at an identity provider (OpenID Connect); `provider` is imported only where one is set."""
