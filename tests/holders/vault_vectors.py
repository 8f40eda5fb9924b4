"""Writes fixtures/vault/objects-v1.json and keys-v1.json: sealed objects and a key file made with Python's
cryptography from the description of the formats alone (src/vault/object.rs, src/vault/keyfile.rs), and attacks on
them. Usage: FOLDER. All keys are of this file and open nothing else."""

import hashlib
import json
import os
import struct
import sys

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

VAULT, ARCHIVE = bytes([7] * 16), bytes([9] * 16)
RECORD, SUBJECT, OTHER = bytes([1] * 32), bytes([2] * 32), bytes([3] * 32)
KINDS = {"archive": 1, "item": 2, "frame": 3, "span": 4, "end": 5}


def derived(secrets, salt, label, context):
    both = HKDF(hashes.SHA256(), 64, salt, label + context).derive(b"".join(secrets))
    return both[:32], both[32:]


def padme(length):
    if length < 2:
        return length
    exponent = length.bit_length() - 1
    bits = exponent.bit_length() if exponent else 0
    mask = (1 << (exponent - min(bits, exponent))) - 1
    return (length + mask) & ~mask


def sealed(kind, keys, subjects, data, salt, item=5, ordinal=8, record=3, vault=VAULT, archive=ARCHIVE, version=1):
    plain = struct.pack(">Q", len(data)) + data
    plain += bytes(max(256, padme(len(plain))) - len(plain))
    chunks = [plain[at : at + 65536] for at in range(0, len(plain), 65536)]
    front = b"OLVO" + bytes([version, KINDS[kind]]) + struct.pack(">H", len(subjects))
    front += struct.pack(">QQII", record, len(plain) + 16 * len(chunks), item, ordinal) + salt
    slots = b"".join(struct.pack(">Q", slot) for slot in subjects)
    key, commitment = derived(keys, salt, b"olvido/vault/object/v1", vault + archive + front + slots)
    header = front + commitment + slots
    parts = [b"olvido/vault/object-aad/v1", vault, archive, header]
    aad = hashlib.sha256(b"".join(struct.pack(">Q", len(part)) + part for part in parts)).digest()
    body, tags = b"", b""
    for number, chunk in enumerate(chunks):
        nonce = bytes(7) + struct.pack(">I", number) + bytes([number + 1 == len(chunks)])
        out = AESGCM(key).encrypt(nonce, chunk, aad)
        body, tags = body + out[:-16], tags + out[-16:]
    return header + body + tags


def flipped(data, at):
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def objects():
    frame = sealed("frame", [RECORD], [], b"made-up text", bytes([17] * 32))
    again = sealed("frame", [RECORD], [], b"made-up text", bytes([18] * 32), ordinal=9)
    span = sealed("span", [RECORD, SUBJECT], [4], b"ana@example.com", bytes([19] * 32))
    one, two = [RECORD.hex()], [RECORD.hex(), SUBJECT.hex()]
    row = lambda name, data, keys, wanted, vault=VAULT, archive=ARCHIVE: {
        "name": name, "object": data.hex(), "keys": keys, "vault": vault.hex(), "archive": archive.hex(), **wanted,
    }
    opens = lambda text: {"opens": text.hex()}
    fails = lambda why: {"fails": why}
    return [
        row("a frame", frame, one, opens(b"made-up text")),
        row("a span under two keys", span, two, opens(b"ana@example.com")),
        row("nothing", sealed("end", [RECORD], [], b"", bytes([20] * 32)), one, opens(b"")),
        row("a span without its subject", span, one, fails("other-key")),
        row("keys in the wrong order", span, two[::-1], fails("other-key")),
        row("another key", frame, [OTHER.hex()], fails("other-key")),
        row("another vault", frame, one, fails("other-key"), vault=bytes(16)),
        row("another archive", frame, one, fails("other-key"), archive=bytes(16)),
        row("a flipped bit of the body", flipped(frame, 100), one, fails("damaged")),
        row("a flipped bit of the tag", flipped(frame, len(frame) - 1), one, fails("damaged")),
        row("a flipped bit of the salt", flipped(frame, 40), one, fails("other-key")),
        row("a forged commitment", flipped(frame, 70), one, fails("other-key")),
        row("another ordinal", frame[:28] + struct.pack(">I", 9) + frame[32:], one, fails("other-key")),
        row("another record's slot", frame[:8] + struct.pack(">Q", 4) + frame[16:], one, fails("other-key")),
        row("a subject swapped", span[:96] + struct.pack(">Q", 5) + span[104:], two, fails("other-key")),
        row("the body of another record", frame[:96] + again[96:], one, fails("damaged")),
        row("a span for a frame", frame[:5] + b"\x04" + frame[6:], one, fails("other-key")),
        row("a cut body", frame[:-1], one, fails("unreadable")),
        row("a cut header", frame[:50], one, fails("unreadable")),
        row("another version", frame[:4] + b"\x02" + frame[5:], one, fails("unreadable")),
        row("another magic", b"OLVX" + frame[4:], one, fails("unreadable")),
        row("an unknown kind", frame[:5] + b"\x06" + frame[6:], one, fails("unreadable")),
        row("a body of no possible length", frame[:16] + struct.pack(">Q", 10) + frame[24:], one, fails("unreadable")),
    ]


def keys():
    def file(secret, epoch, slots, vault=VAULT):
        key, commitment = derived([secret], vault, b"olvido/vault/epoch/v1", struct.pack(">Q", epoch))
        head = {"commitment": commitment.hex(), "epoch": epoch, "format": "olvido/keys/v1", "vault": vault.hex(), "wraps": []}
        out = json.dumps(head, separators=(",", ":")).encode() + b"\n"
        for number, plain in enumerate(slots):
            nonce = bytes([number + 1] * 12)
            aad = b"olvido/vault/slot/v1" + vault + struct.pack(">QQ", epoch, number)
            out += bytes(128) if plain is None else nonce + AESGCM(key).encrypt(nonce, plain, aad)
        return out

    slot = lambda kind, byte: bytes([byte] * 32) + bytes([byte] * 32) + struct.pack(">Q", 3) + bytes([kind]) + bytes([byte] * 16) + bytes(11)
    good = file(SUBJECT, 3, [slot(4, 7), None, slot(5, 8)])
    end = len(good) - 3 * 128
    swapped = good[:end] + good[-128:] + good[end + 128 : -128] + good[end : end + 128]
    row = lambda name, data, epoch, result, secret=SUBJECT, vault=VAULT: {
        "name": name, "file": data.hex(), "secret": secret.hex(), "vault": vault.hex(), "epoch": epoch, "result": result,
    }
    return [
        row("a key file", good, 3, "record none subject"),
        row("swapped slots", swapped, 3, "slot-damaged"),
        row("a flipped bit of a slot", flipped(good, len(good) - 3), 3, "slot-damaged"),
        row("a slot of another epoch", good[:end] + file(SUBJECT, 2, [slot(4, 7)])[-128:] + good[end + 128 :], 3, "slot-damaged"),
        row("a slot of another vault", good[:end] + file(SUBJECT, 3, [slot(4, 7)], bytes(16))[-128:] + good[end + 128 :], 3, "slot-damaged"),
        row("a slot of no known kind", file(SUBJECT, 3, [slot(99, 7)]), 3, "slot-damaged"),
        row("an older key file", file(SUBJECT, 2, [slot(4, 7)]), 3, "epoch-key-wrong"),
        row("another epoch key", good, 3, "epoch-key-wrong", secret=RECORD),
        row("another vault", good, 3, "epoch-key-wrong", vault=bytes(16)),
        row("a wrong commitment", good.replace(b'"commitment":"', b'"commitment":"00', 1), 3, "epoch-key-wrong"),
        row("a cut slot", good[:-1], 3, "keyfile-damaged"),
        row("no head", b"none", 3, "keyfile-damaged"),
    ]


if __name__ == "__main__":
    for name, rows in (("objects-v1.json", objects()), ("keys-v1.json", keys())):
        with open(os.path.join(sys.argv[1], name), "w", encoding="ascii") as file:
            json.dump(rows, file, indent=1)
            file.write("\n")
