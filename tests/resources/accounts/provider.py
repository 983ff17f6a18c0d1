"""A small OpenID Connect provider on this machine, which can also be told to misbehave."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import requests
from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "forecast", "provider-secret"


class Provider:
    """Answers as Keycloak would; the attributes say who is logged in there and what is wrong."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "first", "use": "sig", "alg": "RS256"})
        self.signing_key = self.key
        self.person: dict[str, Any] = {"sub": "u1", "preferred_username": "Carla"}
        self.changes: dict[str, Any] = {}
        """Claims of the token that are other than they should be."""
        self.algorithm = "RS256"
        self.metadata: dict[str, Any] = {}
        self.user_info: dict[str, Any] | None = None
        self.error: str | None = None
        self.codes: dict[str, dict[str, str]] = {}
        self.verified = 0
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/realm"

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def visit(self, address: str) -> str:
        """Log in at this address as the person; the address to which the browser is sent back."""
        answer = requests.get(address, allow_redirects=False, timeout=10)
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                query = {name: values[0] for name, values in parse_qs(parts.query).items()}
                if parts.path == "/realm/authorize":
                    self.send_response(302)
                    self.send_header("Location", provider._authorized(query))
                    self.end_headers()
                else:
                    self._answer(provider._document(parts.path))

            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                sent = parse_qs(self.rfile.read(length).decode())
                form = {name: values[0] for name, values in sent.items()}
                self._answer(provider._token(form, self.headers.get("Authorization", "")))

            def _answer(self, document: dict[str, Any]) -> None:
                self.send_response(400 if "error" in document else 200)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(json.dumps(document).encode())

            def log_message(self, *_: Any) -> None:
                return

        return Handler

    def _document(self, path: str) -> dict[str, Any]:
        if path.endswith("/openid-configuration"):
            return {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
                **({"userinfo_endpoint": f"{self.issuer}/me"} if self.user_info else {}),
                **self.metadata,
            }
        if path.endswith("/me"):
            return self.user_info or {}
        return {"keys": [self.key.as_dict(private=False)]}

    def _authorized(self, query: dict[str, str]) -> str:
        assert query["response_type"] == "code"
        assert query["client_id"] == CLIENT
        assert query["code_challenge_method"] == "S256"
        if self.error is not None:
            answer = {"error": self.error, "state": query["state"]}
        else:
            code = f"code{len(self.codes)}"
            self.codes[code] = query
            answer = {"code": code, "state": query["state"], "session_state": "x"}
        return f"{query['redirect_uri']}?{urlencode(answer)}"

    def _token(self, form: dict[str, str], authorization: str) -> dict[str, Any]:
        asked = self.codes.pop(form.get("code", ""), None)
        expected = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if asked is None or authorization != f"Basic {expected}":
            return {"error": "invalid_grant"}
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        if (
            _base64(digest) != asked["code_challenge"]
            or form["redirect_uri"] != asked["redirect_uri"]
        ):
            return {"error": "invalid_grant"}
        self.verified += 1
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 60}
        claims |= {"nonce": asked["nonce"], **self.person, **self.changes}
        token = self._signed({k: v for k, v in claims.items() if v is not None})
        return {"id_token": token, "access_token": "opaque", "token_type": "Bearer"}

    def _signed(self, claims: dict[str, Any]) -> str:
        if self.algorithm == "RS256":
            return jwt.encode(
                {"alg": "RS256", "kid": self.signing_key.kid}, claims, self.signing_key
            )
        header = {"alg": self.algorithm, "kid": self.key.kid}
        content = f"{_encoded(header)}.{_encoded(claims)}"
        digest = hmac.digest(self.key.as_pem(private=False), content.encode(), "sha256")
        return f"{content}.{'' if self.algorithm == 'none' else _base64(digest)}"


def _encoded(document: dict[str, Any]) -> str:
    return _base64(json.dumps(document).encode())


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
