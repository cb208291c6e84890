"""Checks a certificate of a group of operators with the group file alone.

    python3 verify_certificate.py CERTIFICATE GROUP

Needs Python 3.9 or later and no package. It shares no code with watchbill. Exit status: 0 valid, 3 not valid,
2 a file that cannot be read, or a signature that this program cannot check (sr25519).
"""

import json
import re
import sys

import ed25519
import secp256k1
from group_file import GroupFileError, group_id, public_key, read_group, schedule_digest, tagged

TYPE = "watchbill/quorum/certificate/1"
COMMIT = b"\x04"
VERIFIERS = {"ed25519": ed25519.verify, "secp256k1": secp256k1.verify}


class NotValid(Exception):
    """The certificate proves no agreement; the text says why."""


class Reader:
    """Takes big-endian numbers and counted bytes from the front of the certificate."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def fixed(self, size):
        if self.at + size > len(self.data):
            raise NotValid("its bytes end too early")
        self.at += size
        return self.data[self.at - size : self.at]

    def number(self, size):
        return int.from_bytes(self.fixed(size), "big")

    def name(self, most):
        data = self.fixed(self.number(1))
        if not 1 <= len(data) <= most or re.fullmatch(rb"[\x21-\x7e]+", data) is None:
            raise NotValid("a name in it is not a name")
        return data.decode("ascii")


def decode(data):
    """The fields of the bytes of a certificate, each in its one encoding."""
    reader = Reader(data)
    if len(data) > 16 * 1024 or reader.fixed(len(TYPE)) != TYPE.encode("ascii"):
        raise NotValid("its bytes are not a certificate")
    fields = {"version": reader.number(4), "window": reader.number(8), "rank": reader.number(1)}
    begin = reader.at
    fields["action"], fields["resource"] = reader.name(64), reader.name(128)
    fields["validityBlocks"], fields["referenceHash"] = reader.number(8), reader.fixed(32)
    size = reader.number(2)
    if size > 8 * 1024:
        raise NotValid("its content is longer than 8 KiB")
    fields["content"] = reader.fixed(size)
    fields["digest"] = tagged("watchbill/quorum/value/1", data[begin : reader.at])
    fields["votes"] = [(reader.number(2), reader.fixed(64)) for _ in range(reader.number(1))]
    if reader.at != len(data):
        raise NotValid("bytes follow after its end")
    return fields


def text_of(group, fields, data):
    """The file of a certificate: one text, so that a changed readable field shows."""
    content = fields["content"]
    document = {
        "type": TYPE,
        "group": group,
        "version": fields["version"],
        "window": str(fields["window"]),
        "rank": fields["rank"],
        "value": {
            "action": fields["action"],
            "resource": fields["resource"],
            "validityBlocks": str(fields["validityBlocks"]),
            "referenceHash": fields["referenceHash"].hex(),
            "content": f"{len(content)} bytes" if len(content) > 33 else content.hex(),
        },
        "commits": [{"seat": seat} for seat, _ in fields["votes"]],
        "bytes": data.hex(),
    }
    return json.dumps(document, indent=2) + "\n"


def read_certificate(text):
    """The group that a file names, and the fields of its certificate."""
    try:
        document = json.loads(text)
        group, data = document["group"], bytes.fromhex(document["bytes"])
    except (ValueError, KeyError, TypeError):
        raise NotValid("it is not a certificate file") from None
    fields = decode(data)
    if text_of(group, fields, data) != text:
        raise NotValid("its readable fields do not match its bytes")
    return group, fields


def check(group, named, fields):
    """The height at which the lease begins. Raises NotValid if no quorum of this group signed the value there."""
    own = group_id(group)
    if named != own.hex():
        raise NotValid(f"it belongs to another group: 0x{named}")
    windows, window = group["windows"], fields["window"]
    block = window * windows["frequencyBlocks"]
    end = block + windows["rankBlocks"] * windows["rankCount"] + windows["certificateBlocks"]
    if window < 1 or end >= 2**64:
        raise NotValid("the group has no such window")
    version = [each for each in group["schedule"] if int(each["fromHeight"]) <= block][-1]
    if version["version"] != fields["version"]:
        in_force = f"in that window, version {version['version']} is in force"
        raise NotValid(f"it names version {fields['version']} of the schedule; {in_force}")
    if fields["rank"] >= windows["rankCount"]:
        raise NotValid(f"a window has no rank {fields['rank']}")
    domain = bytes.fromhex(group["genesis"][2:]) + own + schedule_digest(version)
    place = fields["version"].to_bytes(4, "big") + window.to_bytes(8, "big") + bytes([fields["rank"]])
    statement = tagged("watchbill/quorum/statement/1", COMMIT + fields["digest"])
    check_votes(
        group["members"],
        fields["votes"],
        fields["rank"],
        lambda seat: b"watchbill/coordinate/1" + domain + place + seat.to_bytes(2, "big") + COMMIT + statement
        + end.to_bytes(8, "big"),
    )
    return end


def check_votes(members, votes, rank, signed_bytes):
    """Needs valid signatures of more than two thirds of the members, each once and in order of seat."""
    quorum = 2 * len(members) // 3 + 1
    if len(votes) < quorum:
        raise NotValid(f"it has {len(votes)} votes, but a quorum needs {quorum}")
    last = -1
    for seat, signature in votes:
        if seat <= last:
            raise NotValid("its seats are not in rising order")
        last = seat
        if seat >= len(members):
            raise NotValid(f"the group has no seat {seat}")
        scheme, key = public_key(members[seat]["key"])
        if scheme not in VERIFIERS:
            raise GroupFileError(f"this program cannot check signatures of {scheme} keys (seat {seat})")
        if not VERIFIERS[scheme](key, signed_bytes(seat), signature):
            raise NotValid(f"the signature of seat {seat} for the commit in rank {rank} is not valid")


def main(arguments):
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        ed25519.self_test()
        certificate, group = (open(path, encoding="utf-8", newline="").read() for path in arguments)
        group = read_group(group)
        named, fields = read_certificate(certificate)
        begin = check(group, named, fields)
    except NotValid as error:
        print(f"the certificate is not valid: {error}")
        return 3
    except (OSError, ValueError, KeyError, TypeError, IndexError, OverflowError, GroupFileError) as error:
        print(f"error: {type(error).__name__}: {error}", file=sys.stderr)
        return 2
    members = group["members"]
    print("the certificate is valid")
    print(f"  group   {group['name']} 0x{named}")
    print(f"  window  {fields['window']}, rank {fields['rank']}")
    print(f"  action  {fields['action']} on {fields['resource']}")
    print(f"  lease   from block {begin} until {begin + fields['validityBlocks']}")
    print(f"  signed  {', '.join(members[seat]['name'] for seat, _ in fields['votes'])}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
