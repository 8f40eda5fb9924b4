"""Reads the texts of attachments with what is at hand everywhere: `readers.py FORMAT FILE...`.

Prints how many characters it saw, so that a reader that reads nothing is not taken for a quick one. Python's
standard library alone, but for the formats named in PACKAGES; status 9 says that one is missing.
"""

import sys


def zipped(path):
    import zipfile

    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            yield archive.read(member)


def tarred(path):
    import tarfile

    with tarfile.open(path) as archive:
        for member in archive:
            if member.isfile():
                yield archive.extractfile(member).read()


def stream(module):
    def read(path):
        with __import__(module).open(path, "rb") as file:
            while piece := file.read(1 << 20):
                yield piece

    return read


def texts(message):
    for name in ("from", "to", "subject", "date"):
        yield str(message[name])
    for part in message.walk():
        if not part.is_multipart():
            yield part.get_content()


def mail(path):
    import email
    import email.policy

    with open(path, "rb") as file:
        yield from texts(email.message_from_binary_file(file, policy=email.policy.default))


def mbox(path):
    import email
    import email.policy
    import mailbox

    box = mailbox.mbox(path, lambda file: email.message_from_binary_file(file, policy=email.policy.default), create=False)
    for message in box:
        yield from texts(message)


def parts(tags, *starts):
    """Texts of elements of a package, by their names without a namespace."""

    def read(path):
        import zipfile
        from xml.etree import ElementTree

        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                if name.startswith(starts) and name.endswith(".xml"):
                    with archive.open(name) as part:
                        for _, element in ElementTree.iterparse(part):
                            if element.tag.rsplit("}", 1)[-1] in tags:
                                yield "".join(element.itertext())

    return read


def msg(path):
    import extract_msg

    with extract_msg.openMsg(path) as message:
        yield str(message.subject)
        yield str(message.sender)
        yield str(message.body)
        for attachment in message.attachments:
            if isinstance(attachment.data, bytes):
                yield attachment.data


READERS = {
    "zip": zipped,
    "tar": tarred,
    "gzip": stream("gzip"),
    "bzip2": stream("bz2"),
    "xz": stream("lzma"),
    "mail": mail,
    "mbox": mbox,
    "docx": parts({"t"}, "word/"),
    "xlsx": parts({"t", "v"}, "xl/sharedStrings", "xl/worksheets/"),
    "pptx": parts({"t"}, "ppt/slides/"),
    "odt": parts({"p", "h"}, "content"),
    "msg": msg,
}
PACKAGES = {"msg": "extract_msg"}

if __name__ == "__main__":
    kind, paths = sys.argv[1], sys.argv[2:]
    if kind in PACKAGES:
        try:
            __import__(PACKAGES[kind])
        except ImportError:
            sys.exit(9)
    print(sum(len(text) for path in paths for text in READERS[kind](path)))
