"""From a selection straight to SQL, and from rows to the answer: lists without an object a row."""
