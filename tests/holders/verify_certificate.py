"""Checks a certificate of erasure with Python's cryptography and nothing of olvido: signatures, approvals, and
the ledger's proof (RFC 9162 §2.1.3.2). Exit status 0 where all holds. Usage: CERTIFICATE PUBLIC-KEY
[--every-byte]: the last one also changes every byte and gives status 2 where a change is not seen"""

import hashlib
import json
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def canonical(value):
    """RFC 8785 for what certificates hold: strings, integers, booleans, null. All keys are ASCII."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def signed(key, signature, data):
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(bytes.fromhex(signature), data)
        return True
    except (InvalidSignature, ValueError):
        return False


def included(leaf, index, size, path, root):
    if index >= size:
        return False
    at, last, value = index, size - 1, leaf
    for step in path:
        if last == 0:
            return False
        if at & 1 or at == last:
            value = hashlib.sha256(b"\x01" + step + value).digest()
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            value = hashlib.sha256(b"\x01" + value + step).digest()
        at, last = at >> 1, last >> 1
    return last == 0 and value == root


def holds(certificate, key):
    body = {name: value for name, value in certificate.items() if name != "signatures"}
    over = lambda by: f"olvido/certificate-signature/v1\n{by}\n".encode() + canonical(body)
    vault = [one for one in certificate["signatures"] if one["by"] == "vault" and one["key"] == key]
    if any(one[name] != one[name].lower() for one in certificate["signatures"] for name in ("key", "signature")):
        return False
    if not vault or not all(signed(one["key"], one["signature"], over(one["by"])) for one in certificate["signatures"]):
        return False
    for one in certificate["approvals"]:
        text = f"olvido/approval/v1\n{certificate['plan']}\n{one['name']}\n{one['at']}\n".encode()
        if not signed(one["key"], one["signature"], text):
            return False
    proof, entry = certificate["log"]["proof"], certificate["log"]["entry"]
    head = dict(proof["head"])
    if not signed(key, head.pop("signature"), canonical(head)):
        return False
    leaf = hashlib.sha256(b"\x00" + bytes.fromhex(proof["salt"]) + canonical(entry)).digest()
    path = [bytes.fromhex(step) for step in proof["path"]]
    return included(leaf, proof["index"], head["size"], path, bytes.fromhex(head["root"]))


def file_holds(raw, key):
    try:
        certificate = json.loads(raw)
        return canonical(certificate) + b"\n" == raw and holds(certificate, key)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return False


def unseen(raw, key):
    """Bytes whose change is not seen."""
    for at in range(len(raw)):
        for change in (0x01, 0x20, 0x80):
            changed = bytearray(raw)
            changed[at] ^= change
            if file_holds(bytes(changed), key):
                yield at


if __name__ == "__main__":
    with open(sys.argv[1], "rb") as file:
        raw = file.read()
    if not file_holds(raw, sys.argv[2]):
        sys.exit(1)
    if sys.argv[3:] == ["--every-byte"]:
        seen = list(unseen(raw, sys.argv[2]))
        print(seen)
        sys.exit(2 if seen else 0)
