"""GraphQL: one schema, one address, the same answers over HTTP and WebSocket."""
