"""居民上报: residents report without an account, and follow what becomes of it by a code."""
