"""A holder that takes its time and writes down the secrets it was given. Usage: FILE"""

import json
import sys
import time

request = json.loads(sys.stdin.readline())
time.sleep(0.2)
if request["op"] == "create":
    print(json.dumps({"key_ref": request["name"]}))
elif request["op"] == "wrap":
    with open(sys.argv[1], "a", encoding="ascii") as file:
        file.write(request["secret"] + "\n")
    print(json.dumps({"wrapped": bytes(b ^ 0x5A for b in bytes.fromhex(request["secret"])).hex()}))
elif request["op"] == "unwrap":
    print(json.dumps({"secret": bytes(b ^ 0x5A for b in bytes.fromhex(request["wrapped"])).hex()}))
else:
    print(json.dumps({"status": "active"}))
