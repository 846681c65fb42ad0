"""Values that only this installation can recognise: keys derived from the secret key."""

import hmac
from hashlib import sha256

from core.house import house


def mark(purpose: str, *parts: str) -> str:
    """A keyed fingerprint: the same for the same text, telling nothing of it without our key."""
    key = house().settings.secret_key.encode()
    text = "\0".join((purpose, *parts))
    return hmac.new(key, text.encode("utf-8", "surrogatepass"), sha256).hexdigest()
