"""Checks a ledger with Python's cryptography and nothing of olvido: the signature of its head, the root over all
commitments (RFC 9162 2.1.1), and every entry against its commitment. Exit status 0 where all holds. Usage: VAULT
PUBLIC-KEY [--every-byte]: the last one also changes every byte of the three files and gives status 2 where a
change is not seen."""

import hashlib
import json
import os
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

NAMES = ("ledger.head", "ledger.leaves", "ledger.entries")


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def root(leaves):
    if len(leaves) == 1:
        return leaves[0]
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\x01" + root(leaves[:half]) + root(leaves[half:])).digest()


def holds(files, key):
    try:
        raw, leaves, entries = (files[name] for name in NAMES)
        head = json.loads(raw)
        if canonical(head) + b"\n" != raw:
            return False
        signature = head.pop("signature")
        if signature != signature.lower():
            return False
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(bytes.fromhex(signature), canonical(head))
        lines = entries.split(b"\n")
        if lines.pop() != b"" or len(lines) != head["size"] or len(entries) != head["entries"]:
            return False
        if len(leaves) != 32 * head["size"]:
            return False
        all_leaves = [leaves[at : at + 32] for at in range(0, len(leaves), 32)]
        for index, (line, leaf) in enumerate(zip(lines, all_leaves)):
            one = json.loads(line)
            salted = b"\x00" + bytes.fromhex(one["salt"]) + canonical(one["entry"])
            if canonical(one) != line or one["index"] != index or one["salt"] != one["salt"].lower():
                return False
            if hashlib.sha256(salted).digest() != leaf:
                return False
        return root(all_leaves).hex() == head["root"]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, InvalidSignature):
        return False


def unseen(files, key):
    for name in NAMES:
        for at in range(len(files[name])):
            changed = bytearray(files[name])
            changed[at] ^= 0x01
            if holds({**files, name: bytes(changed)}, key):
                yield name, at


if __name__ == "__main__":
    files = {}
    for name in NAMES:
        with open(os.path.join(sys.argv[1], name), "rb") as file:
            files[name] = file.read()
    if not holds(files, sys.argv[2]):
        sys.exit(1)
    if sys.argv[3:] == ["--every-byte"]:
        seen = list(unseen(files, sys.argv[2]))
        print(seen)
        sys.exit(2 if seen else 0)
