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
    return seal_with(_key(purpose), text, owner)


def unseal(purpose: str, sealed: str, owner: str) -> str | None:
    """The text; None if it was sealed with another secret key, or for another owner."""
    return unseal_with(_key(purpose), sealed, owner)


def seal_with(key: bytes, text: str, owner: str) -> str:
    """The same with a key of one's own."""
    nonce = os.urandom(12)
    sealed = AESGCM(key).encrypt(nonce, text.encode("utf-8"), owner.encode("utf-8"))
    return base64.b64encode(nonce + sealed).decode("ascii")


def unseal_with(key: bytes, sealed: str, owner: str) -> str | None:
    try:
        raw = base64.b64decode(sealed, validate=True)
        return AESGCM(key).decrypt(raw[:12], raw[12:], owner.encode("utf-8")).decode("utf-8")
    except (InvalidTag, ValueError):  # ValueError: cut off
        return None


def _key(purpose: str) -> bytes:
    derive = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"liuhe.{purpose}".encode())
    return derive.derive(house().settings.secret_key.encode())
