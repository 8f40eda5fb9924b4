"""A holder in a folder that does as it is told: while a file `deaf` lies there it does not answer a request to
destroy, while `lies` does it says it destroyed and did not. Usage: FOLDER"""

import json
import os
import secrets
import sys

folder = sys.argv[1]
request = json.loads(sys.stdin.readline())
mood = lambda name: os.path.exists(os.path.join(folder, name))
path = os.path.join(folder, "key-" + (request.get("key_ref") or request["name"]))


def pad():
    with open(path, "rb") as file:
        key = file.read()
    if key == b"gone":
        print(json.dumps({"refused": "destroyed"}))
        sys.exit(0)
    return key


def mixed(text, key):
    return bytes(a ^ b for a, b in zip(bytes.fromhex(text), key)).hex()


if request["op"] == "create":
    with open(path, "xb") as file:
        file.write(secrets.token_bytes(32))
    print(json.dumps({"key_ref": request["name"]}))
elif request["op"] == "wrap":
    print(json.dumps({"wrapped": mixed(request["secret"], pad())}))
elif request["op"] == "unwrap":
    print(json.dumps({"secret": mixed(request["wrapped"], pad())}))
elif request["op"] == "destroy" and mood("deaf"):
    sys.exit(1)
elif request["op"] == "destroy" and mood("lies"):
    print(json.dumps({"status": "destroyed"}))
elif not os.path.exists(path):
    print(json.dumps({"status": "unknown"}))
else:
    if request["op"] == "destroy":
        with open(path, "wb") as file:
            file.write(b"gone")
    with open(path, "rb") as file:
        gone = file.read() == b"gone" or mood("lies")
    print(json.dumps({"status": "destroyed" if gone else "active"}))
