"""A document is what its content says; what runs, fetches, hides or explodes is not taken."""

import io
import zipfile
import zlib
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from core.documents import clean_name, document_kind
from core.errors import BadInput

PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF\n"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"


def packed(parts: dict[str, str | bytes], **more: Any) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", **more) as box:
        for name, content in parts.items():
            box.writestr(name, content)
    return out.getvalue()


def docx(content_type: str = WORD, **parts: str) -> bytes:
    types = f'<Types><Override PartName="/word/document.xml" ContentType="{content_type}"/></Types>'
    known = {"[Content_Types].xml": types, "word/document.xml": "<document>许可</document>"}
    return packed({**known, **{name.replace("__", "/"): text for name, text in parts.items()}})


def odt(content: str = "<content/>", manifest: str = "<manifest/>", **parts: str) -> bytes:
    known = {"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": content}
    return packed({**known, "META-INF/manifest.xml": manifest, **parts})


def xlsx() -> bytes:
    out, book = io.BytesIO(), Workbook()
    book.active["A1"] = "沿街商户"
    book.save(out)
    return out.getvalue()


def rels(mode: str, kind: str) -> str:
    link = f'<Relationship Type="x/{kind}" TargetMode="{mode}" Target="h"/>'
    return f"<Relationships>{link}</Relationships>"


@pytest.mark.parametrize(
    ("content", "ending"),
    [
        (PDF, "pdf"),
        (docx(), "docx"),
        (docx(**{"word__rels.rels": rels("External", "hyperlink")}), "docx"),
        (xlsx(), "xlsx"),
        (odt(), "odt"),
        ("沿街商户，门牌，电话\n".encode(), "txt"),
        ("沿街商户\n".encode("gb18030"), "txt"),
        ("\ufeff商户 < 十家\n".encode(), "txt"),
    ],
)
def test_the_content_decides_what_a_document_is(content: bytes, ending: str) -> None:
    assert document_kind(content) == ending


def objects(inner: bytes) -> bytes:
    body = zlib.compress(inner)
    return PDF.replace(b"trailer", b"2 0 obj << /Type /ObjStm >>\nstream\n" + body + b"\ntrailer")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"   ",
        b"\x7fELF\x02\x01\x01\0",
        b"MZ\x90\0",
        b"GIF89a\x01\0",
        b"<html><script>alert(1)</script></html>",
        b"  <svg onload=alert(1)>",
        b"hello <script src=x></script>",
        b"#!/bin/sh\nrm -rf /",
        b"{\\rtf1 text}",
        "看".encode("utf-16"),
        PDF[:-7],
        PDF + b"x" * 2_000,
        PDF + packed({"a": "b"}),
        PDF.replace(b"/Type", b"/OpenAction << /S /JavaScript >> /Type"),
        PDF.replace(b"/Type", b"/S /J#61vaScript /Type"),
        PDF.replace(b"/Type", b"/S /Launch /Type"),
        PDF.replace(b"/Type", b"/EmbeddedFiles 3 0 R /Type"),
        PDF.replace(b"/Root", b"/Encrypt 5 0 R /Root"),
        objects(b"<< /S /JavaScript /JS (x) >>"),
        packed({"a.txt": "only a zip"}),
        docx("application/vnd.ms-word.document.macroEnabled.main+xml"),
        docx(**{"word__vbaProject.bin": "x"}),
        docx(**{"word__embeddings/oleObject1.bin": "x"}),
        docx(**{"word__rels.rels": rels("External", "attachedTemplate")}),
        docx(**{"word__rels.rels": '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'}),
        docx(**{"..__..__etc": "x"}),
        b"\xff\xd8\xff" + docx(),
        docx() + b"<script>",
        docx()[:-10],
        odt("<a xmlns:script='s'><script:event-listener/></a>"),
        odt(manifest="<manifest><encryption-data/></manifest>"),
        odt(**{"Basic/script.xml": "x"}),
        packed({"[Content_Types].xml": "<Types/>", **{f"{n}": "" for n in range(2_001)}}),
        packed({"mimetype": "x", "bomb": b"\0" * 30_000_000}, compression=zipfile.ZIP_DEFLATED),
    ],
)
def test_what_could_do_harm_is_refused_with_a_sentence(content: bytes) -> None:
    with pytest.raises(BadInput) as caught:
        document_kind(content)
    assert caught.value.field == "file"
    assert caught.value.message.endswith("。")


ENDINGS = {"pdf", "docx", "odt", "xlsx", "txt"}
SEEDS = (PDF, docx(), odt(), xlsx(), objects(b"<< >>"), "文字\n".encode())


@given(
    st.sampled_from(SEEDS),
    st.lists(st.tuples(st.integers(0, 20_000), st.binary(min_size=1, max_size=6)), max_size=6),
    st.integers(0, 400),
)
def test_no_damage_breaks_the_check(
    seed: bytes, changes: list[tuple[int, bytes]], cut: int
) -> None:
    content = bytearray(seed)
    for at, piece in changes:
        content[at % len(content) : at % len(content) + len(piece)] = piece
    with suppress(BadInput):
        assert document_kind(bytes(content[: len(content) - cut])) in ENDINGS


@given(st.text(max_size=200), st.sampled_from(["pdf", "docx", "txt"]))
def test_a_name_has_no_path_and_ends_as_the_content_does(name: str, ending: str) -> None:
    clean = clean_name(name, ending)
    assert len(clean) <= 100
    assert clean.rsplit(".", 1)[1] in {ending, "csv"}
    assert not set(clean) & set('/\\<>:"|?*\r\n\0\u202e')


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("../../许可证.PDF", "许可证.pdf"),
        ("C:\\work\\合同.docx", "合同.pdf"),
        ("发票\u202efdp.exe", "发票fdp.exe.pdf"),
        ("", "文件.pdf"),
        ("...", "文件.pdf"),
    ],
)
def test_names_as_people_send_them(name: str, clean: str) -> None:
    assert clean_name(name, "pdf") == clean
