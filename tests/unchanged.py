"""Opens what olvido redacted with parsers that are not olvido's, and holds it against the original.

Usage: unchanged.py BEFORE AFTER. Prints a JSON object: `read`, how many files of each kind were compared, and
`wrong`, what is not as it was although it should be. Only strings may differ, and only in that labels such as
[IBAN] stand where something stood. Nothing of a value is printed.
"""

import csv
import email
import email.policy
import html.parser
import io
import json
import mailbox
import os
import re
import sys

LABEL = re.compile(r"\[[^\[\]\n]{2,60}\]( \d+)?")


class Wrong(Exception):
    """Something differs that should not."""


class Page(html.parser.HTMLParser):
    """The tags of a text, with what stands in them, and what stands between them."""

    def __init__(self, source):
        super().__init__(convert_charrefs=True)
        self.tags, self.values, self.between = [], [], []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag, attrs):
        if "@" in tag:  # `<somebody@example.org>` is text to everybody but a parser
            self.between.append(self.get_starttag_text())
            return
        self.tags.append((tag, [name for name, _ in attrs]))
        self.values += [value or "" for _, value in attrs]

    def handle_endtag(self, tag):
        self.tags.append(("/" + tag, []))

    def handle_data(self, data):
        self.between.append(data)


def text(before, after, where):
    """Between labels everything stands in the order in which it stood, tags included."""
    if before == after:
        return
    try:
        return between_labels(before, after, where)
    except Wrong:
        if "<" not in before:
            raise
    # A datum that begins in one tag and ends in another is one label in the first.
    old, new = Page(before), Page(after)
    if old.tags != new.tags:
        raise Wrong(f"{where}: other tags")
    for one, other in zip(old.values, new.values):
        between_labels(one, other, f"{where} attribute")
    between_labels("".join(old.between), "".join(new.between), f"{where} between tags")


def between_labels(before, after, where):
    if before == after:
        return
    kept = re.split(r"\[[^\[\]\n]{2,60}\](?: \d+)?", after)
    if len(kept) == 1:
        raise Wrong(f"{where}: changed without a label")
    at = 0
    for number, part in enumerate(kept):
        found = before.find(part, at)
        if found < 0 or (number == 0 and found != 0):
            raise Wrong(f"{where}: something outside the labels changed")
        at = found + len(part)
    if kept[-1] and not before.endswith(kept[-1]):
        raise Wrong(f"{where}: the end changed")


def value(before, after, where):
    """Two JSON values, numbers as they are written."""
    if isinstance(before, list) and isinstance(after, list) and all(isinstance(x, tuple) for x in before + after):
        if len(before) != len(after):
            raise Wrong(f"{where}: another number of members")
        for (key, one), (new_key, other) in zip(before, after):
            text(key, new_key, f"{where} key")
            value(one, other, f"{where}.member")
    elif isinstance(before, Elements) and isinstance(after, Elements):
        if len(before.items) != len(after.items):
            raise Wrong(f"{where}: another number of elements")
        for number, (one, other) in enumerate(zip(before.items, after.items)):
            value(one, other, f"{where}[{number}]")
    elif isinstance(before, str) and isinstance(after, str):
        text(before, after, where)
    elif isinstance(before, Number) and isinstance(after, str):
        # A number that was a datum is a label now.
        if not LABEL.fullmatch(after):
            raise Wrong(f"{where}: a number became something else")
    elif type(before) is not type(after) or before != after:
        raise Wrong(f"{where}: another value")


class Number(str):
    """A number as it is written."""


class Elements:
    """A JSON array, told apart from the list of pairs that stands for an object."""

    def __init__(self, items):
        self.items = items


def wrapped(tree):
    if isinstance(tree, list) and not (tree and all(isinstance(pair, tuple) for pair in tree)):
        return Elements([wrapped(item) for item in tree])
    if isinstance(tree, list):
        return [(key, wrapped(item)) for key, item in tree]
    return tree


def parsed(data):
    hook = {"parse_float": Number, "parse_int": Number, "object_pairs_hook": lambda pairs: pairs or [("", None)]}
    return wrapped(json.loads(data, **hook))


def json_file(before, after):
    try:
        one = parsed(before.decode("utf-8-sig"))
    except json.JSONDecodeError:
        return lines(before, after)
    value(one, parsed(after.decode("utf-8-sig")), "$")
    return "json"


def lines(before, after):
    old, new = (data.decode("utf-8").split("\n") for data in (before, after))
    if len(old) != len(new):
        raise Wrong("another number of lines")
    for number, (one, other) in enumerate(zip(old, new), 1):
        if one.strip():
            value(parsed(one), parsed(other), f"line {number}")
        elif one != other:
            raise Wrong(f"line {number}: blank no more")
    return "ndjson"


def decoded(data):
    for charset in ("utf-8-sig", "cp1252"):
        try:
            return data.decode(charset)
        except UnicodeDecodeError:
            continue
    raise Wrong("no charset")


def table(before, after):
    old, new = decoded(before), decoded(after)
    first = old.split("\n")[0]
    comma = max(",;\t", key=first.count)
    rows = [list(csv.reader(io.StringIO(text, newline=""), delimiter=comma, strict=True)) for text in (old, new)]
    if [len(row) for row in rows[0]] != [len(row) for row in rows[1]]:
        raise Wrong("another number of rows or cells")
    for number, (one, other) in enumerate(zip(*rows), 1):
        for column, (a, b) in enumerate(zip(one, other), 1):
            text(a, b, f"row {number} cell {column}")
    return "csv"


def message(one, other):
    old, new = ([part for part in mail.walk()] for mail in (one, other))
    if [part.get_content_type() for part in old] != [part.get_content_type() for part in new]:
        raise Wrong("other parts")
    for number, (a, b) in enumerate(zip(old, new)):
        if [name for name, _ in a.items()] != [name for name, _ in b.items()]:
            raise Wrong(f"part {number}: other headers")
        for name in ("Content-Transfer-Encoding", "MIME-Version", "Date"):
            if a.get(name) != b.get(name):
                raise Wrong(f"part {number}: {name} changed")
        if b.defects and not a.defects:
            raise Wrong(f"part {number}: damaged")
        if a.get_content_maintype() == "text" and not a.is_multipart():
            text(a.get_content(), b.get_content(), f"part {number}")


def mail(before, after):
    message(*(email.message_from_bytes(data, policy=email.policy.default) for data in (before, after)))
    return "mail"


def box(before_path, after_path):
    make = lambda file: email.message_from_binary_file(file, policy=email.policy.default)
    old, new = (list(mailbox.mbox(path, factory=make, create=False)) for path in (before_path, after_path))
    if len(old) != len(new):
        raise Wrong("another number of messages")
    for one, other in zip(old, new):
        message(one, other)
    return "mbox"


def compared(before_path, after_path):
    with open(before_path, "rb") as old, open(after_path, "rb") as new:
        before, after = old.read(), new.read()
    if before == after:
        return "same"
    name = before_path.lower()
    if name.endswith((".json", ".ndjson")):
        return json_file(before, after)
    if name.endswith(".csv"):
        return table(before, after)
    if name.endswith(".eml"):
        return mail(before, after)
    if name.endswith(".mbox"):
        return box(before_path, after_path)
    if name.endswith((".txt", ".md", ".html")):
        text(decoded(before), decoded(after), "text")
        return "text"
    raise Wrong("no parser of ours knows this kind")


def main():
    root, other = sys.argv[1], sys.argv[2]
    read, wrong = {}, []
    for folder, _, names in os.walk(root):
        for name in sorted(names):
            before = os.path.join(folder, name)
            after = os.path.join(other, os.path.relpath(before, root))
            if not os.path.exists(after):
                read["withheld or renamed"] = read.get("withheld or renamed", 0) + 1
                continue
            try:
                kind = compared(before, after)
                read[kind] = read.get(kind, 0) + 1
            except Wrong as error:
                wrong.append([os.path.relpath(before, root), str(error)])
            except Exception as error:  # whatever a parser throws
                wrong.append([os.path.relpath(before, root), type(error).__name__])
    print(json.dumps({"read": read, "wrong": wrong}))


main()
