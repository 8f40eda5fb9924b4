#!/usr/bin/env python3
"""Keeps a vault's epoch keys in HashiCorp Vault or OpenBao (transit secrets engine).

    olvido vault init ./vault --holder 'command:python3 transit.py ADDRESS TOKEN-FILE [MOUNT]'

ADDRESS is that of the server (https://vault.example.com:8200), TOKEN-FILE a file with a token that may create,
read, rotate, configure and trim keys, encrypt and decrypt below MOUNT (default: transit). The token never
stands in arguments or the environment.

One line of JSON comes in, one goes out; `olvido` starts this program for each request. One transit key is made
for each epoch. It is destroyed by rotating it and trimming its first version: the server then still knows the
key and can say for good that version 1 is gone, where a deleted key would look like one that never was. The
server's own storage backups still hold what they held: let them expire, and name them with --backup.
"""

import base64
import json
import pathlib
import sys
import urllib.error
import urllib.parse
import urllib.request

SECONDS = 15


class Refused(Exception):
    """The server answered, and will not."""


class Server:
    def __init__(self, address, token_file, mount="transit"):
        self.base = f"{address.rstrip('/')}/v1/{mount}"
        self.token = pathlib.Path(token_file).read_text().strip()

    def ask(self, method, path, body=None):
        """The answer's data; None where the server does not know the path."""
        request = urllib.request.Request(f"{self.base}/{path}", method=method)
        request.add_header("X-Vault-Token", self.token)
        data = None
        if body is not None:
            data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request, data=data, timeout=SECONDS) as answer:
                text = answer.read()
                return json.loads(text).get("data") or {} if text else {}
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return None
            if error.code == 400:
                raise Refused from None
            raise


def status(server, key):
    known = server.ask("GET", f"keys/{key}")
    if known is None:
        return "unknown"
    return "destroyed" if int(known.get("min_available_version") or 0) > 1 else "active"


def destroy(server, key):
    now = status(server, key)
    if now != "active":
        return now
    known = server.ask("GET", f"keys/{key}")
    if int(known.get("latest_version") or 1) < 2:
        server.ask("POST", f"keys/{key}/rotate", {})
    server.ask("POST", f"keys/{key}/config", {"min_decryption_version": 2, "min_encryption_version": 2})
    server.ask("POST", f"keys/{key}/trim", {"min_available_version": 2})
    return status(server, key)


def answer(server, request):
    op = request["op"]
    key = urllib.parse.quote(request.get("key_ref") or request["name"], safe="")
    if op == "create":
        if server.ask("GET", f"keys/{key}") is not None:
            raise Refused
        server.ask("POST", f"keys/{key}", {"type": "aes256-gcm96", "exportable": False,
                                           "allow_plaintext_backup": False})
        return {"key_ref": request["name"]}
    if op == "wrap":
        plaintext = base64.b64encode(bytes.fromhex(request["secret"])).decode()
        sealed = server.ask("POST", f"encrypt/{key}", {"plaintext": plaintext})
        return {"wrapped": sealed["ciphertext"].encode().hex()}
    if op == "unwrap":
        ciphertext = bytes.fromhex(request["wrapped"]).decode()
        opened = server.ask("POST", f"decrypt/{key}", {"ciphertext": ciphertext})
        if opened is None:
            raise SystemExit("the server does not know the key")
        return {"secret": base64.b64decode(opened["plaintext"]).hex()}
    if op == "status":
        return {"status": status(server, key)}
    if op == "destroy":
        return {"status": destroy(server, key)}
    raise SystemExit("unknown request")


def main():
    server = Server(*sys.argv[1:])
    request = json.loads(sys.stdin.readline())
    try:
        said = answer(server, request)
    except Refused:
        said = {"refused": "the server refused"}
    print(json.dumps(said))


if __name__ == "__main__":
    main()
