"""What a document is, by its content: PDF, Word, Excel, PowerPoint, OpenDocument, plain text.

Refused: what can run (macros, scripts, embedded objects), what fetches from elsewhere, what is
locked so that nobody can look, what is two kinds of file at once, and what unpacks without end.
"""

import io
import re
import zipfile
import zlib
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from core.errors import BadInput

TAKEN = (
    "PDF、Word（docx）、Excel（xlsx）、PowerPoint（pptx）、OpenDocument（odt、ods、odp）和纯文本"
)
OFFICE = {
    "wordprocessingml.document.main+xml": "docx",
    "spreadsheetml.sheet.main+xml": "xlsx",
    "presentationml.presentation.main+xml": "pptx",
}
OPEN = {"text": "odt", "spreadsheet": "ods", "presentation": "odp"}
#: Parts that run, or hold another file that nobody looks into.
RUNS = re.compile(
    r"vbaproject|vbadata|activex|embeddings/|oleobject|macrosheets|dialogsheets|^basic/|^scripts/"
    r"|^object |\.(exe|dll|js|vbs|bat|cmd|ps1|jar|bin|html?|svg)$",
    re.IGNORECASE,
)
#: Names in a PDF that run, open, carry or hide something.
PDF_RUNS = re.compile(
    rb"/(JavaScript|JS|Launch|EmbeddedFiles?|RichMedia|XFA|SubmitForm|ImportData|GoToE|Encrypt)"
    rb"(?![A-Za-z0-9])"
)
PDF_NAME_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
PDF_STREAM = re.compile(rb"/ObjStm\b.{0,400}?stream\r?\n", re.DOTALL)
ZIP_END = b"PK\x05\x06"
MOST_PARTS = 2_000
MOST_UNPACKED = 200_000_000
MOST_RATIO = 200
#: What no name of a file has, and what turns the reading direction to hide an ending.
UNSAFE = re.compile(r"[\0-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069<>:\"|?*]")
MARKUP = re.compile(r"<\s*(!doctype|html|script|svg|iframe|body|\?xml|\?php)", re.IGNORECASE)


def document_kind(content: bytes) -> str:
    """How such a file's name ends ("pdf"); BadInput for what is not taken, with the reason."""
    if content.startswith(b"%PDF-"):
        _check_pdf(content)
        return "pdf"
    if content.startswith(b"PK\x03\x04"):
        return _packed_kind(content)
    _check_text(content)
    return "txt"


def _refuse(words: str, reason: str = "media_type") -> BadInput:
    return BadInput(words, field="file", reason=reason)


# --------------------------------------------------------------------------------------------- PDF


def _check_pdf(content: bytes) -> None:
    end = content.rfind(b"%%EOF")
    if end < 0 or len(content) - end > 1_024 or ZIP_END in content[-66_000:]:
        raise _refuse("这份 PDF 不完整，或者后面还接着别的内容，请重新导出一份。")
    for part in (content, *_unpacked(content)):
        named = PDF_NAME_ESCAPE.sub(lambda fits: bytes([int(fits[1], 16)]), part)
        if found := PDF_RUNS.search(named):
            if found[1] == b"Encrypt":
                raise _refuse("这份 PDF 加了密码，没法检查。请去掉密码再传。", "locked")
            raise _refuse(
                "这份 PDF 里有脚本、附件或会自动打开的内容。请打印成新的 PDF 再传。", "runs"
            )


def _unpacked(content: bytes) -> list[bytes]:
    """What the packed objects hold, within bounds: names can stand in there as well."""
    parts, left = [], MOST_UNPACKED // 4
    for fits in PDF_STREAM.finditer(content):
        packer = zlib.decompressobj()
        try:
            part = packer.decompress(content[fits.end() :], left)
        except zlib.error:
            continue
        left -= len(part)
        if left <= 0:
            raise _refuse("这份 PDF 展开以后太大，请分成几份再传。", "bomb")
        parts.append(part)
    return parts


# ------------------------------------------------------------------------------------ packed files


def _packed_kind(content: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            _check_parts(packed, content)
            return _office_kind(packed) or _open_kind(packed)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as error:
        raise _refuse("这份文件打不开，可能损坏了。请重新导出一份。") from error
    except (ParseError, DefusedXmlException, UnicodeDecodeError, KeyError) as error:
        raise _refuse(f"这份文件里面不对。只收{TAKEN}。") from error


def _check_parts(packed: zipfile.ZipFile, content: bytes) -> None:
    parts = packed.infolist()
    names = [part.filename for part in parts]
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise _refuse("这份文件展开以后太大。", "bomb")
    if any(one.file_size > MOST_RATIO * max(one.compress_size, 5_000) for one in parts):
        raise _refuse("这份文件展开以后太大。", "bomb")
    if len(set(names)) < len(names) or any(_strays(name) for name in names):
        raise _refuse("这份文件里面不对，请重新导出一份。")
    if any(part.flag_bits & 1 for part in parts):
        raise _refuse("这份文件加了密码，没法检查。请去掉密码再传。", "locked")
    # The end of a ZIP is looked for from behind: what stands after it is another file.
    if len(content) != content.rfind(ZIP_END) + 22 + len(packed.comment):
        raise _refuse("这份文件后面还接着别的内容，请重新导出一份。")
    if min((part.header_offset for part in parts), default=1):
        raise _refuse("这份文件前面还接着别的内容，请重新导出一份。")
    if any(RUNS.search(name) for name in names):
        raise _refuse("这份文件里有宏或嵌入的文件。请另存为不带宏的格式再传。", "runs")


def _strays(name: str) -> bool:
    return name.startswith("/") or "\\" in name or ".." in name.split("/") or "\0" in name


def _office_kind(packed: zipfile.ZipFile) -> str:
    """docx, xlsx or pptx by what its main part says that it is; "" for another kind."""
    if "[Content_Types].xml" not in packed.namelist():
        return ""
    types = packed.read("[Content_Types].xml").decode("utf-8-sig")
    if "macroEnabled" in types:
        raise _refuse("这份文件里有宏。请另存为不带宏的格式再传。", "runs")
    declared = [one.get("ContentType", "") for one in _xml(types)]
    _check_links(packed)
    found = [ending for main, ending in OFFICE.items() if _ends(declared, main)]
    if len(found) != 1:
        raise _refuse(f"只收{TAKEN}。")
    return found[0]


def _ends(declared: list[str], main: str) -> bool:
    return any(one.endswith(main) for one in declared)


def _check_links(packed: zipfile.ZipFile) -> None:
    """A link that somebody clicks is text; anything else from elsewhere is fetched by itself."""
    for name in packed.namelist():
        if not name.endswith(".rels"):
            continue
        for one in _xml(packed.read(name).decode("utf-8-sig")):
            outside = one.get("TargetMode", "").lower() == "external"
            if outside and not one.get("Type", "").endswith("/hyperlink"):
                raise _refuse("这份文件会从外面取内容（模板或图片）。请另存一份再传。", "runs")


def _open_kind(packed: zipfile.ZipFile) -> str:
    """odt, ods or odp: the first part says so in plain letters."""
    first = packed.infolist()[0]
    if first.filename != "mimetype" or first.file_size > 100:
        raise _refuse(f"只收{TAKEN}。")
    kind = packed.read("mimetype").decode("ascii").strip()
    ending = OPEN.get(kind.removeprefix("application/vnd.oasis.opendocument."))
    if ending is None:
        raise _refuse(f"只收{TAKEN}。")
    manifest = packed.read("META-INF/manifest.xml")
    if b"encryption-data" in manifest:
        raise _refuse("这份文件加了密码，没法检查。请去掉密码再传。", "locked")
    content = packed.read("content.xml").decode("utf-8")
    _xml(content)
    if "<script:event-listener" in content or "<office:scripts><office:script " in content:
        raise _refuse("这份文件里有宏。请另存一份不带宏的再传。", "runs")
    return ending


def _xml(text: str) -> Element:
    """Without entities of its own: those are how a small file becomes a large one."""
    found: Element = fromstring(text, forbid_dtd=True)
    return found


# -------------------------------------------------------------------------------------------- text


def _check_text(content: bytes) -> None:
    text = _decoded(content)
    if not text.strip() or re.search(r"[\0-\x08\x0b\x0e-\x1f\x7f]", text):
        raise _refuse(f"只收{TAKEN}。")
    if text.lstrip("\ufeff \t\r\n").startswith(("<", "#!", "%!", "{\\rtf")) or MARKUP.search(text):
        raise _refuse("网页、图形和脚本文件不收；是文字的话，请存成纯文本再传。", "runs")


def _decoded(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise _refuse(f"只收{TAKEN}。")


def clean_name(name: str, ending: str) -> str:
    """A name to show and to save under: without a path, and ending as the content does."""
    stem = re.split(r"[/\\]", name)[-1]
    stem = UNSAFE.sub("", stem).strip(". ")
    known = re.fullmatch(r"(.*)\.(pdf|docx|xlsx|pptx|odt|ods|odp|txt|csv)", stem, re.IGNORECASE)
    if known:
        stem = known[1]
        if ending == "txt" and known[2].lower() == "csv":
            ending = "csv"
    return f"{stem.encode('utf-8', 'ignore').decode()[:80].strip('. ') or '文件'}.{ending}"
