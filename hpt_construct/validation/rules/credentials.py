"""Recognizes what looks like a credential; cautiously, because a false alarm teaches people to ignore the next one."""

from __future__ import annotations

import re

_ACCESS_KEY_ID = re.compile(r"\b(AKIA|ASIA)[0-9A-Z]{16}\b")

# The last words of a name. "token" alone does not count, because language models are full of tokens: pad_token,
# enc0_token_embedding_dim.
_SECRET_NAME = re.compile(
    r"(?:^|_)(?:"
    r"password|passwd|passphrase|secret|api_?key|private_?key|secret_?key|access_?key(?:_?id)?|secret_?access_?key"
    r"|(?:access|api|auth|bearer|github|gitlab|hf|hub|huggingface|refresh|security|session)_?token"
    r")$"
)
_WORD_STARTS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_BETWEEN_WORDS = re.compile(r"[^a-z0-9]+")

# use_auth_token=True requests a credential but is none; an ARN or a URI only says where one is.
_HARMLESS = frozenset({"", "0", "1", "true", "false", "yes", "no", "none", "null", "auto"})
_REFERENCES = ("arn:", "s3://")


def credential(name: str, value: str) -> str | None:
    """Return what kind of credential an entry looks like, without its value; None if it looks like none.

    >>> credential("aws_secret_access_key", "wJalrXUtnFEMI")
    'a credential by its name'
    >>> credential("enc0_token_embedding_dim", "300") is None
    True
    """
    if _ACCESS_KEY_ID.search(value):
        return "an access key of AWS"
    words = _BETWEEN_WORDS.sub("_", _WORD_STARTS.sub("_", name).lower()).strip("_")
    # The SageMaker SDK writes strings as JSON, in quotes.
    plain = value.strip().strip("\"'").lower()
    if _SECRET_NAME.search(words) and plain not in _HARMLESS and not plain.startswith(_REFERENCES):
        return "a credential by its name"
    return None
