#!/usr/bin/env python3
"""Puts the fixtures of the project where the fuzz targets take their seeds: corpus/TARGET/.

    seeds.py

A fixture goes to every target whose format its first bytes or its name show, and to `any`. Archives and documents of
which no fixture lies on disk are made of other fixtures here, and of a few lines of text. Nothing comes from outside
the project.
"""

import bz2
import gzip
import hashlib
import io
import lzma
import os
import struct
import tarfile
import zipfile
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
FIXTURES = os.path.join(HERE, "..", "fixtures")
LARGEST = 160 << 10

MAGIC = [
    (b"%PDF-", ["pdf"]),
    (b"\xD0\xCF\x11\xE0", ["msg", "office97"]),
    (b"\x78\x9F\x3E\x22", ["tnef"]),
    (b"{\\rtf", ["rtf"]),
    (b"\xFF\xD8\xFF", ["jpeg"]),
    (b"\x89PNG", ["png"]),
    (b"GIF8", ["gif"]),
    (b"II*\0", ["tiff"]),
    (b"MM\0*", ["tiff"]),
    (b"BM", ["bmp"]),
    (b"\x1F\x8B", ["gzip"]),
    (b"BZh", ["bzip2"]),
    (b"\xFD7zXZ", ["xz"]),
    (b"\x28\xB5\x2F\xFD", ["zstd"]),
    (b"7z\xBC\xAF", ["seven_z"]),
    (b"!BDN", ["pst"]),
    (b"PK", ["zip", "office", "xlsx"]),
    (b"BEGIN:VCARD", ["vcard"]),
    (b"BEGIN:VCALENDAR", ["icalendar"]),
    (b"<?xml", ["xml"]),
    (b"ID3", ["mp3"]),
    (b"\xFF\xFB", ["mp3"]),
    (b"OggS", ["ogg"]),
    (b"fLaC", ["flac"]),
    (b"\x1A\x45\xDF\xA3", ["matroska"]),
]
ENDINGS = {
    ".txt": ["text"],
    ".json": ["json", "ndjson"],
    ".ndjson": ["ndjson", "json"],
    ".jsonl": ["ndjson"],
    ".har": ["json"],
    ".csv": ["csv"],
    ".html": ["html"],
    ".md": ["markdown"],
    ".xml": ["xml"],
    ".svg": ["xml"],
    ".sql": ["sql"],
    ".yaml": ["yaml"],
    ".eml": ["mail"],
    ".mx:2,S": ["mail"],
    ".mbox": ["mbox"],
}
TEXT = b"Subject: Ana\nana.pardo@example.org, +34 600 000 000, DNI 00000000T\n"


def targets(name, content):
    out = [target for magic, names in MAGIC if content.startswith(magic) for target in names]
    out += [target for ending, names in ENDINGS.items() if name.endswith(ending) for target in names]
    if content[:4] == b"RIFF":
        out += {b"WEBP": ["webp"], b"WAVE": ["wave"], b"AVI ": ["avi"]}.get(content[8:12], [])
    if content[4:8] == b"ftyp":
        out.append("heif" if content[8:12] in (b"heic", b"mif1", b"avif") else "mp4")
    if content[257:262] == b"ustar":
        out.append("tar")
    return out + ["any"]


def seed(name, content, *more):
    if len(content) > LARGEST:
        return
    for target in set(targets(name, content)) | set(more):
        folder = os.path.join(HERE, "corpus", target)
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, hashlib.sha1(content).hexdigest()), "wb") as out:
            out.write(content)


def zipped(members, method):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name, (2024, 3, 5, 10, 0, 0)), content, method)
    return out.getvalue()


def tarred(members, kind):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=kind) as archive:
        for name, content in members:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return out.getvalue()


def documents():
    """The smallest documents of every kind."""
    kinds = '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">%s</Types>'
    part = '<Override PartName="/%s" ContentType="application/vnd.openxmlformats-officedocument.%s.main+xml"/>'
    word = (
        '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>ana@</w:t>'
        "</w:r><w:r><w:t>example.org</w:t></w:r><w:del><w:r><w:delText>gone@example.org</w:delText></w:r></w:del></w:p></w:body></w:document>"
    )
    slide = (
        '<p:sld xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main">'
        "<p:cSld><a:p><a:r><a:t>ana@example.org</a:t></a:r></a:p></p:cSld></p:sld>"
    )
    sheet = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c>'
        '<c r="B1" t="inlineStr"><is><t>ana@example.org</t></is></c><c r="C1"><f>A1</f><v>45000</v></c></row></sheetData></worksheet>'
    )
    book = (
        '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
        '<sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>'
    )
    relations = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'
    )
    strings = '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>name</t></si></sst>'
    odf = (
        '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0">'
        "<office:body><office:text><text:p>ana@example.org</text:p></office:text></office:body></office:document-content>"
    )
    manifest = '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
    page = "<html><body><p>ana@example.org</p></body></html>"
    return {
        "docx": [("[Content_Types].xml", kinds % part % ("word/document.xml", "wordprocessingml.document")), ("word/document.xml", word)],
        "pptx": [("[Content_Types].xml", kinds % part % ("ppt/presentation.xml", "presentationml.presentation")), ("ppt/slides/slide1.xml", slide)],
        "xlsx": [
            ("[Content_Types].xml", kinds % part % ("xl/workbook.xml", "spreadsheetml.sheet")),
            ("xl/workbook.xml", book),
            ("xl/_rels/workbook.xml.rels", relations),
            ("xl/sharedStrings.xml", strings),
            ("xl/worksheets/sheet1.xml", sheet),
        ],
        "odt": [("mimetype", "application/vnd.oasis.opendocument.text"), ("META-INF/manifest.xml", manifest), ("content.xml", odf)],
        "epub": [("mimetype", "application/epub+zip"), ("META-INF/container.xml", "<container/>"), ("OEBPS/a.xhtml", page)],
    }


def main():
    members = []
    for folder, _, names in sorted(os.walk(FIXTURES)):
        for name in sorted(names):
            if name.endswith(".py") or name == "want.json":
                continue
            with open(os.path.join(folder, name), "rb") as file:
                content = file.read()
            seed(name, content)
            if len(content) < 8 << 10 and len(members) < 8:
                members.append((name, content))
            if content.startswith(b"\x1F\x8B"):
                seed(name[:-3], gzip.decompress(content))
    some = members[:4] + [("text.txt", TEXT)]
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        seed("zip", zipped(some, method))
    for kind in (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        seed("tar", tarred(some + [("é" * 45 + "/" + "x" * 30, TEXT)], kind))
    seed("gz", gzip.compress(TEXT))
    seed("gz", gzip.compress(tarred(some, tarfile.USTAR_FORMAT)))
    seed("bz2", bz2.compress(TEXT))
    seed("xz", lzma.compress(TEXT))
    seed("lzma", lzma.compress(TEXT, lzma.FORMAT_ALONE))
    # A frame of one raw block (RFC 8878, 3.1.1).
    seed("zst", b"\x28\xB5\x2F\xFD\x20" + bytes([len(TEXT)]) + struct.pack("<I", len(TEXT) << 3 | 1)[:3] + TEXT)
    for name, parts in documents().items():
        seed(name, zipped(parts, zipfile.ZIP_DEFLATED))
        seed(name, zipped(parts, zipfile.ZIP_STORED))
    card = b"BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Ana Pardo\r\nEMAIL;TYPE=work:ana@example.org\r\nNOTE:a\\, b\r\n  c\r\nEND:VCARD\r\n"
    seed("vcf", card)
    seed("ics", b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nATTENDEE;CN=Ana:mailto:ana@example.org\r\nDTSTART:20240305T100000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n")
    for head in (b"Salted__" + bytes(16), b"age-encryption.org/v1\n-> X25519 abc\n", b"LUKS\xBA\xBE\0\2", b"\x03\xD9\xA2\x9A\x67\xFB\x4B\xB5", b"\x85\x01\x0C\x03" + bytes(40)):
        seed("locked", head + zlib.compress(TEXT), "binary")
    seed("pgp", b"-----BEGIN PGP MESSAGE-----\n\nhQEMA0==\n-----END PGP MESSAGE-----\n", "binary", "text")
    seed("yaml", b"- id: 1\n  name: Ana\n  email: ana@example.org\n", "yaml")
    seed("text", TEXT, "text", "mail", "csv", "markdown")


main()
