"""Verifies Ed25519 signatures by RFC 8032, section 5.1, with integers only. Slow, and never signs."""

import hashlib

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def _add(a, b):
    """The sum of two points in extended coordinates (x, y, z, t), section 5.1.4."""
    i, j = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    k, m = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = j - i, m - k, m + k, j + i
    return e * f % P, g * h % P, f * g % P, e * h % P


def _times(n, point):
    total = (0, 1, 1, 0)
    while n > 0:
        if n & 1:
            total = _add(total, point)
        point = _add(point, point)
        n >>= 1
    return total


def _decode(data):
    """The point of 32 bytes, or None, section 5.1.3."""
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, number & (2**255 - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * pow(2, (P - 1) // 4, P) % P
    if x * x % P != square or (x == 0 and sign == 1):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


def _same(a, b):
    return (a[0] * b[2] - b[0] * a[2]) % P == 0 and (a[1] * b[2] - b[1] * a[2]) % P == 0


_BASE_Y = 4 * pow(5, P - 2, P) % P
BASE = _decode(_BASE_Y.to_bytes(32, "little"))


def verify(public_key, message, signature):
    """Whether 64 bytes are a signature of the message by 32 bytes of a key, section 5.1.7, and not weak."""
    if len(public_key) != 32 or len(signature) != 64:
        return False
    key, first = _decode(public_key), _decode(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if key is None or first is None or s >= L:
        return False
    # As OpenSSL does, and so watchbill. For a key of small order, anyone can sign.
    if any(_same(_times(8, point), (0, 1, 1, 0)) for point in (key, first)):
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public_key + message).digest(), "little") % L
    return _same(_times(s, BASE), _add(first, _times(k, key)))


# RFC 8032, section 7.1: public key, message, signature.
VECTORS = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]


# Public key, signature of `m`. Points of small order: the key; the first half of the signature.
WEAK = [
    ("01" + "00" * 31, "58" + "66" * 31 + "01" + "00" * 31),
    (
        "7767a3242dc9b58bbc68488c1265cc6cc5f26c6f3c88a5d55e901b0734dca572",
        "01" + "00" * 31 + "de7c354b6e9f8025abf0160cb6df7f11eb351dfc2f5033c2678743e7a40c1201",
    ),
]


def self_test():
    """Raises an AssertionError if this code differs from the vectors of the RFC, or takes a weak signature."""
    for key, signature in WEAK:
        assert not verify(bytes.fromhex(key), b"m", bytes.fromhex(signature))
    for key, message, signature in VECTORS:
        key, message, signature = (bytes.fromhex(text) for text in (key, message, signature))
        assert verify(key, message, signature)
        assert not verify(key, message + b"x", signature)
        assert not verify(key, message, signature[:32] + (int.from_bytes(signature[32:], "little") + L).to_bytes(32, "little"))


if __name__ == "__main__":
    self_test()
    print(f"{len(VECTORS)} vectors of RFC 8032 pass")
