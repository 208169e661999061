"""CLIP's byte-pair tokenizer (Radford et al. 2021), on the ``tokenizers`` library.

The merge table next to this file is OpenAI CLIP's (MIT, see ``CLIP_LICENSE.txt``), without the
part of it that CLIP never reads.
"""

from __future__ import annotations

import gzip
import html
import re
import unicodedata
from importlib import resources

import torch
from tokenizers import Regex, Tokenizer
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel, Split
from tokenizers.pre_tokenizers import Sequence as Steps
from torch import Tensor

START, END = 49406, 49407
_MERGES = "clip_merges.txt.gz"
_WORD_END = "</w>"
_WORDS = r"'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+"
_QUOTES = str.maketrans(dict.fromkeys("ʼ‘’‚‛", "'")) | str.maketrans(dict.fromkeys("“”„‟", '"'))
_COMPATIBILITY_FORMS = (  # Latin ligatures, ideographic space, full and half width
    (0x0132, 0x0133),
    (0x0149, 0x0149),
    (0x01C4, 0x01CC),
    (0x01F1, 0x01F3),
    (0xFB00, 0xFB06),
    (0x3000, 0x3000),
    (0xFF01, 0xFFEF),
)
_INVISIBLE = ((0x206A, 0x206F), (0xFEFF, 0xFEFF), (0xFFF9, 0xFFFC))
_TERMINAL_ESCAPES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def clean(text: str) -> str:
    """Bring typed or recognised text to the form CLIP was trained on.

    Unescapes HTML, straightens quotes, narrows full-width letters, splits ligatures, drops
    control characters, collapses white space and lowers the case.
    """
    if "<" not in text:
        text = html.unescape(text)
    text = _TERMINAL_ESCAPES.sub("", text).translate(_QUOTES)
    text = "".join(_plain(character) for character in text)
    text = " ".join(unicodedata.normalize("NFC", text).split())
    return text.lower()


def _plain(character: str) -> str:
    code = ord(character)
    if any(first <= code <= last for first, last in _COMPATIBILITY_FORMS):
        return unicodedata.normalize("NFKC", character)
    category = unicodedata.category(character)
    unprintable = category in ("Cc", "Cs") and not character.isspace()
    if unprintable or any(first <= code <= last for first, last in _INVISIBLE):
        return ""
    return character


def _byte_letters() -> list[str]:
    """Return the printable stand-ins of the 256 bytes, in vocabulary order."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = 256 - len(printable)
    return [chr(byte) for byte in printable] + [chr(256 + i) for i in range(others)]


def _read_merges() -> list[tuple[str, str]]:
    packed = resources.files("seem_ros.model.text").joinpath(_MERGES).read_bytes()
    lines = gzip.decompress(packed).decode("utf-8").splitlines()
    return [(left, right) for left, right in (line.split(" ") for line in lines)]


def _build_tokenizer() -> Tokenizer:
    letters, merges = _byte_letters(), _read_merges()
    words = letters + [letter + _WORD_END for letter in letters]
    words += [left + right for left, right in merges]
    vocabulary = {word: number for number, word in enumerate(words)}
    tokenizer = Tokenizer(BPE(vocabulary, merges, end_of_word_suffix=_WORD_END))
    tokenizer.pre_tokenizer = Steps(
        [Split(Regex(_WORDS), "removed", invert=True), ByteLevel(False, use_regex=False)]
    )
    return tokenizer


class ClipTokenizer:
    """Texts to CLIP token ids, cut to the longest text of the call.

    CLIP's mask is causal, so what follows the end token cannot change anything before it:
    padding to all 77 places, as the official code does, only costs time.
    """

    def __init__(self, context_length: int = 77) -> None:
        self.context_length = context_length
        self._tokenizer = _build_tokenizer()

    def ids(self, text: str) -> list[int]:
        """Return start, tokens and end of one text, truncated to the context length."""
        body = self._tokenizer.encode(clean(text)).ids
        return [START, *body[: self.context_length - 2], END]

    def __call__(self, texts: list[str]) -> tuple[Tensor, Tensor]:
        """Tokenize texts.

        Returns:
            ids (N, T) int64, padded with the end token, and validity (N, T) bool, True from
            the start token to the first end token.
        """
        rows = [self.ids(text) for text in texts]
        length = max(map(len, rows), default=0)
        ids = torch.tensor([row + [END] * (length - len(row)) for row in rows], dtype=torch.int64)
        lengths = torch.tensor([len(row) for row in rows])
        return ids.reshape(len(rows), length), torch.arange(length) < lengths[:, None]
