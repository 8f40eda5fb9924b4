"""A stand-in for the transit secrets engine: the requests policies/holders/transit.py makes, answered as the
documentation of HashiCorp Vault says. Keys live in memory. Prints its port, then serves until it is ended."""

import base64
import http.server
import json
import os
import re

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

TOKEN = "stand-in-token"
KEYS = {}


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def reply(self, code, data=None):
        body = b"" if data is None else json.dumps({"data": data} if code == 200 else data).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def handle_any(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length) or b"{}")
        if self.headers.get("X-Vault-Token") != TOKEN:
            return self.reply(403, {"errors": ["permission denied"]})
        match = re.fullmatch(r"/v1/transit/(keys|encrypt|decrypt)/([^/]+)(?:/(\w+))?", self.path)
        if not match:
            return self.reply(404, {"errors": []})
        kind, name, action = match.groups()
        key = KEYS.get(name)
        if kind == "keys" and action is None and self.command == "POST":
            KEYS.setdefault(name, {"versions": {1: os.urandom(32)}, "latest": 1, "decrypt": 1, "available": 0})
            return self.reply(204)
        if key is None:
            return self.reply(404, {"errors": []})
        if kind == "keys" and action is None:
            return self.reply(200, {"latest_version": key["latest"], "min_available_version": key["available"],
                                    "min_decryption_version": key["decrypt"]})
        if action == "rotate":
            key["latest"] += 1
            key["versions"][key["latest"]] = os.urandom(32)
            return self.reply(204)
        if action == "config":
            key["decrypt"] = body.get("min_decryption_version", key["decrypt"])
            return self.reply(204)
        if action == "trim":
            lowest = body["min_available_version"]
            if lowest > key["decrypt"]:
                return self.reply(400, {"errors": ["minimum available version above minimum decryption version"]})
            key["available"] = lowest
            key["versions"] = {number: value for number, value in key["versions"].items() if number >= lowest}
            return self.reply(204)
        if kind == "encrypt":
            nonce = os.urandom(12)
            sealed = AESGCM(key["versions"][key["latest"]]).encrypt(nonce, base64.b64decode(body["plaintext"]), b"")
            return self.reply(200, {"ciphertext": f"vault:v{key['latest']}:{base64.b64encode(nonce + sealed).decode()}"})
        if kind == "decrypt":
            _, version, sealed = body["ciphertext"].split(":")
            number, sealed = int(version[1:]), base64.b64decode(sealed)
            if number < key["decrypt"] or number not in key["versions"]:
                return self.reply(400, {"errors": ["ciphertext version is disallowed by policy (too old)"]})
            opened = AESGCM(key["versions"][number]).decrypt(sealed[:12], sealed[12:], b"")
            return self.reply(200, {"plaintext": base64.b64encode(opened).decode()})
        return self.reply(404, {"errors": []})

    do_GET = do_POST = do_DELETE = handle_any


if __name__ == "__main__":
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_address[1], flush=True)
    server.serve_forever()
