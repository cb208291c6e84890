#!/usr/bin/env python3
"""Writes packages/coordinate/vectors/quorum.jsonl anew: identities, seeds, orders, draws and digests of the profile `quorum`,
computed from decision 0005 with nothing but hashlib, independently of the TypeScript.

    python3 packages/coordinate/vectors/quorum/generate.py
"""
import hashlib
import json
import os


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def u8(n):
    return n.to_bytes(1, "big")


def u16(n):
    return n.to_bytes(2, "big")


def u32(n):
    return n.to_bytes(4, "big")


def u64(n):
    return n.to_bytes(8, "big")


def name(text):
    return u8(len(text)) + text.encode("ascii")


def sized(raw):
    return u16(len(raw)) + raw


def text(value):
    return sized(value.encode("utf-8"))


SCHEMES = ["sr25519", "ed25519", "secp256k1"]


def make_group(count):
    members = []
    for i in range(count):
        scheme = SCHEMES[i % 3]
        key = sha(b"key %d" % i)
        members.append({"name": f"möwe-{i}", "scheme": scheme, "publicKey": (b"\x02" + key if i % 3 == 2 else key).hex()})
    return {
        "name": f"group of {count}",
        "genesis": sha(b"genesis").hex(),
        "resource": "proxy:5F3sa2TJ",
        "windows": {"frequencyBlocks": 900, "rankBlocks": 20, "rankCount": 4, "certificateBlocks": 20},
        "members": members,
    }


AGENDA = [
    {"action": "upgrade", "cadence": {"kind": "every", "windows": 4, "offset": 1}, "validityBlocks": 600, "parameters": '{"atMost":1}'},
    {"action": "heartbeat", "cadence": {"kind": "drawn", "perMillion": 62500}, "validityBlocks": 300, "parameters": "{}"},
    {"action": "rotate", "cadence": {"kind": "drawn", "perMillion": 500000}, "validityBlocks": 2400, "parameters": '"é"'},
]

SCHEDULE = [
    {"version": 1, "fromHeight": 0, "seedSource": "block-hash", "stageBlocks": 5, "agenda": AGENDA},
    {"version": 3, "fromHeight": 900000, "seedSource": "epoch-randomness", "stageBlocks": 10, "agenda": AGENDA[1:]},
]


def group_id(group):
    windows = group["windows"]
    raw = text(group["name"]) + bytes.fromhex(group["genesis"]) + name(group["resource"])
    raw += u64(windows["frequencyBlocks"]) + u64(windows["rankBlocks"]) + u8(windows["rankCount"]) + u64(windows["certificateBlocks"])
    raw += u16(len(group["members"]))
    for member in group["members"]:
        raw += text(member["name"]) + u8(SCHEMES.index(member["scheme"]) + 1) + bytes.fromhex(member["publicKey"])
    return sha(b"watchbill/quorum/group/1", raw)


def schedule_digest(version):
    raw = u32(version["version"]) + u64(version["fromHeight"]) + u8(1 if version["seedSource"] == "block-hash" else 2)
    raw += u64(version["stageBlocks"]) + u16(len(version["agenda"]))
    for item in version["agenda"]:
        cadence = item["cadence"]
        raw += name(item["action"])
        if cadence["kind"] == "every":
            raw += u8(1) + u64(cadence["windows"]) + u64(cadence["offset"])
        else:
            raw += u8(2) + u32(cadence["perMillion"])
        raw += u64(item["validityBlocks"]) + text(item["parameters"])
    return sha(b"watchbill/quorum/schedule/1", raw)


def words(seed, domain):
    counter = 0
    while True:
        block = sha(seed, domain.encode("ascii"), u64(counter))
        counter += 1
        for at in range(0, 32, 4):
            yield int.from_bytes(block[at : at + 4], "big")


def below(stream, bound):
    end = 2**32 - 2**32 % bound
    for word in stream:
        if word < end:
            return word % bound


def shuffled(seed, domain, count):
    stream = words(seed, domain)
    seats = list(range(count))
    for i in range(count - 1, 0, -1):
        j = below(stream, i + 1)
        seats[i], seats[j] = seats[j], seats[i]
    return seats


def plan(group, index, seed_input):
    count = len(group["members"])
    block = index * group["windows"]["frequencyBlocks"]
    version = [v for v in SCHEDULE if v["fromHeight"] <= block][-1]
    span, position = divmod(index - 1, count)
    seed = sha(b"watchbill/quorum/seed/1", bytes.fromhex(group["genesis"]), group_id(group), u32(version["version"]), u64(span), seed_input)
    order = shuffled(seed, "order", count)
    draws, due = {}, []
    for item in version["agenda"]:
        cadence = item["cadence"]
        if cadence["kind"] == "every":
            if index % cadence["windows"] == cadence["offset"]:
                due.append(item["action"])
        else:
            draws[item["action"]] = below(words(seed, f"window/{index}/{item['action']}"), 1000000)
            if draws[item["action"]] < cadence["perMillion"]:
                due.append(item["action"])
    return {
        "index": index,
        "seedInput": seed_input.hex(),
        "inputHeight": (span * count + 1) * group["windows"]["frequencyBlocks"],
        "version": version["version"],
        "span": span,
        "position": position,
        "seed": seed.hex(),
        "order": order,
        "leaders": [order[(position + rank) % count] for rank in range(group["windows"]["rankCount"])],
        "draws": draws,
        "checklist": due,
        "submitters": shuffled(seed, f"window/{index}/submit", count),
    }


def signing(group):
    """A prepare of seat 2 in rank 1 of window 7, for a value."""
    window = 7
    reference = sha(b"reference")
    content = b"content"
    value = name("upgrade") + name(group["resource"]) + u64(600) + reference + sized(content)
    value_digest = sha(b"watchbill/quorum/value/1", value)
    statement_digest = sha(b"watchbill/quorum/statement/1", u8(3) + value_digest)
    domain = bytes.fromhex(group["genesis"]) + group_id(group) + schedule_digest(SCHEDULE[0])
    place = u32(1) + u64(window) + u8(1) + u16(2)
    signed = b"watchbill/coordinate/1" + domain + place + u8(3) + statement_digest + u64(window * 900 + 100)
    signature = bytes(range(64))
    message = b"watchbill/coordinate/1" + domain + place + u8(3) + value_digest + signature
    return {
        "window": window,
        "rank": 1,
        "seat": 2,
        "referenceHash": reference.hex(),
        "content": content.hex(),
        "valueDigest": value_digest.hex(),
        "statementDigest": statement_digest.hex(),
        "signedBytes": signed.hex(),
        "signature": signature.hex(),
        "message": message.hex(),
    }


def main():
    groups = []
    for count in (1, 4, 7, 31, 50):
        group = make_group(count)
        indices = [1, 2, count, count + 1, 999, 1000, 123456789]
        windows = [plan(group, index, sha(b"input %d" % index)) for index in indices]
        groups.append({"group": group, "groupId": group_id(group).hex(), "windows": windows})
    lines = [
        {"schedule": SCHEDULE, "scheduleDigests": [schedule_digest(version).hex() for version in SCHEDULE]},
        {"group": make_group(4), **signing(make_group(4))},
        *groups,
    ]
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "quorum.jsonl")
    with open(path, "w", encoding="utf-8") as file:
        for line in lines:
            json.dump(line, file, ensure_ascii=False, separators=(",", ":"))
            file.write("\n")


main()
