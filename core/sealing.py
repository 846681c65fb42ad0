"""Values that only this installation can recognise or read: keys derived from the secret key."""

import base64
import hmac
import os
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from core.house import house


def mark(purpose: str, *parts: str) -> str:
    """A keyed fingerprint: the same for the same text, telling nothing of it without our key."""
    key = house().settings.secret_key.encode()
    text = "\0".join((purpose, *parts))
    return hmac.new(key, text.encode("utf-8", "surrogatepass"), sha256).hexdigest()


def seal(purpose: str, text: str, owner: str) -> str:
    """Encrypted for this installation; only for the same purpose and owner can it be opened."""
    nonce = os.urandom(12)
    sealed = AESGCM(_key(purpose)).encrypt(nonce, text.encode(), owner.encode())
    return base64.b64encode(nonce + sealed).decode()


def unseal(purpose: str, sealed: str, owner: str) -> str | None:
    """The text; None if it was sealed with another secret key, or for another owner."""
    raw = base64.b64decode(sealed)
    try:
        return AESGCM(_key(purpose)).decrypt(raw[:12], raw[12:], owner.encode()).decode()
    except InvalidTag:
        return None


def _key(purpose: str) -> bytes:
    derive = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"liuhe.{purpose}".encode())
    return derive.derive(house().settings.secret_key.encode())
