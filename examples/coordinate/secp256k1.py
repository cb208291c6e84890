"""Verifies ECDSA signatures over secp256k1 (SEC 2) and SHA-256, as r and s of 32 bytes each. Slow, and never signs."""

import hashlib

P = 2**256 - 2**32 - 977
N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
BASE = (
    0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
    0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
)


def _add(a, b):
    if a is None or b is None:
        return a or b
    if a[0] == b[0]:
        if (a[1] + b[1]) % P == 0:
            return None
        slope = 3 * a[0] * a[0] * pow(2 * a[1], -1, P) % P
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, P) % P
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def _times(n, point):
    total = None
    while n > 0:
        if n & 1:
            total = _add(total, point)
        point = _add(point, point)
        n >>= 1
    return total


def verify(public_key, message, signature):
    """Whether 64 bytes are a signature by a compressed key of 33 bytes. A high s is refused: anyone can make one."""
    if len(public_key) != 33 or public_key[0] not in (2, 3) or len(signature) != 64:
        return False
    x = int.from_bytes(public_key[1:], "big")
    square = (x**3 + 7) % P
    y = pow(square, (P + 1) // 4, P)
    if x >= P or y * y % P != square:
        return False
    key = (x, y if y & 1 == public_key[0] & 1 else P - y)
    r, s = (int.from_bytes(part, "big") for part in (signature[:32], signature[32:]))
    if not 1 <= r < N or not 1 <= s <= N // 2:
        return False
    digest, inverse = int.from_bytes(hashlib.sha256(message).digest(), "big"), pow(s, -1, N)
    point = _add(_times(digest * inverse % N, BASE), _times(r * inverse % N, key))
    return point is not None and point[0] % N == r
