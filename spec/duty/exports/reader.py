#!/usr/bin/env python3
"""An independent reader of ledger exports, from docs/duty/reference/ledger-export.md alone. It needs Python 3 and
no package.

    reader.py EXPORT...      reads the exports of one ledger together; prints JSON; exit status 0 or 3
    reader.py --edits N F    reads F with N random edits, one after another; each has to be refused
"""

import hashlib
import json
import random
import sys

KINDS = ["head", "entry", "decision", "word", "change", "mark"]
FIRST = "0" * 64
PLACE = "chain key duty"
MEMBERS = {
    "header": "atMs epoch format hasMarks kind kinds ledger service v",
    "head": f"kind epoch seq hash {PLACE}",
    "entry": "kind entry hash",
    "decision": f"kind id atMs reason unit parts digest node incarnation claimId seq via {PLACE}",
    "word": "kind id text release",
    "change": "kind change hash newest",
    "mark": f"kind head floor recent {PLACE}",
    "end": "kind counts sha256",
}
ENTRY = (
    "v kind ledger epoch seq prev unit parts digest owner term nonce service policyVersion window atMs note "
    + PLACE
)
CHANGE = "v by atMs prev version policy token"


class Refused(Exception):
    pass


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


def must(holds, why):
    if not holds:
        raise Refused(why)


def has(value, members, where):
    must(isinstance(value, dict) and set(value) == set(members.split()), f"{where}: other members")


def place_of(line):
    return "/".join(line[name] for name in PLACE.split())


def unit_of(text):
    return tuple(int(field) for field in text.split("/"))


class Ledger:
    """What the exports say together."""

    def __init__(self):
        self.name = None
        self.entries = {}  # mark -> epoch -> seq -> (hash, entry)
        self.points = {}  # mark -> (epoch, seq, hash) of heads and of the store
        self.store = {}  # mark -> (epoch, seq, hash) of the store
        self.tops = {}
        self.digests = {}
        self.changes = {}
        self.answers = []
        self.count = 0

    def read(self, data):
        """One export. Raises Refused if its bytes are not what a service wrote."""
        try:
            lines = data.decode("utf-8").split("\n")
        except UnicodeDecodeError:
            raise Refused("it is not UTF-8") from None
        must(lines[-1] == "" and len(lines) > 2, "it ends within a line")
        stage, counts, chains = -1, dict.fromkeys(KINDS, 0), Chains()
        for number, text in enumerate(lines[:-1], 1):
            where = f"line {number}"
            try:
                line = json.loads(text)
                must(canonical(line) == text, f"{where}: its text is not canonical")
                kind = line["kind"]
                has(line, MEMBERS[kind], where)
            except (ValueError, KeyError, TypeError, RecursionError):
                raise Refused(f"{where}: it is no line of an export") from None
            must((kind == "header") == (number == 1), f"{where}: {kind} at a wrong place")
            must((kind == "end") == (number == len(lines) - 1), f"{where}: {kind} at a wrong place")
            try:
                if kind == "header":
                    self.header(line)
                elif kind == "end":
                    size = len(text.encode()) + 1
                    must(line["sha256"] == hashlib.sha256(data[:-size]).hexdigest(), "the SHA-256 differs")
                    must(line["counts"] == counts, "the counts differ")
                else:
                    must(KINDS.index(kind) >= stage, f"{where}: {kind} stands too late")
                    stage = KINDS.index(kind)
                    counts[kind] += 1
                    if kind == "change":
                        chains.next(line, where)
                        self.change(line)
                    else:
                        getattr(self, kind)(line, where)
            except (ValueError, KeyError, TypeError, AttributeError):
                raise Refused(f"{where}: a member has another form") from None
        chains.end()

    def header(self, line):
        must(line["format"] == "watchbill-ledger-export" and line["v"] == 1, "another format or version")
        must(self.name in (None, line["ledger"]), "exports of two ledgers")
        self.name = line["ledger"]

    def head(self, line, _where):
        self.points.setdefault(place_of(line), set()).add((line["epoch"], int(line["seq"]), line["hash"]))

    def entry(self, line, where):
        entry, name = line["entry"], line["hash"]
        has(entry, ENTRY, where)
        must(entry["v"] == 1 and entry["ledger"] == self.name, f"{where}: of another ledger or version")
        must(sha256(canonical(entry)) == name, f"{where}: the hash is not that of the entry")
        mark, seq = place_of(entry), int(entry["seq"])
        epoch = self.entries.setdefault(mark, {}).setdefault(entry["epoch"], {})
        must(epoch.setdefault(seq, (name, entry))[0] == name, f"{mark}: two entries have number {seq}")
        self.count += 1
        if entry["unit"] is not None:
            self.signed(mark, entry["unit"])
        for part in entry["parts"]:
            known = self.digests.setdefault((mark, entry["unit"], part), entry["digest"])
            must(known == entry["digest"], f"{mark}: {entry['unit']} {part} has two digests")

    def decision(self, line, _where):
        self.signed(place_of(line), line["unit"])
        self.answers.append((place_of(line), line["seq"]))

    def word(self, line, _where):
        json.loads(line["text"])

    def change(self, line):
        key = (chain_of(line["change"]), line["change"]["version"])
        must(self.changes.setdefault(key, line["hash"]) == line["hash"], f"two changes are {key}")

    def mark(self, line, _where):
        mark, head = place_of(line), line["head"]
        has(head, "epoch seq hash", mark)
        self.store[mark] = (head["epoch"], int(head["seq"]), head["hash"])
        for unit in [line["floor"], *(one["unit"] for one in line["recent"])]:
            if unit is not None:
                self.signed(mark, unit)

    def signed(self, mark, unit):
        if mark not in self.tops or unit_of(unit) > unit_of(self.tops[mark]):
            self.tops[mark] = unit

    def whole(self):
        """Raises Refused unless the entries of each mark are one chain up to the store and to each head."""
        for mark in {*self.entries, *self.points, *self.store}:
            must(mark in self.store, f"{mark}: no mark of the store")
            epochs = self.entries.get(mark, {})
            for epoch, entries in epochs.items():
                before = FIRST
                for seq in range(min(entries), max(entries) + 1):
                    must(seq in entries, f"{mark}: entry {seq} of {epoch} is missing")
                    name, entry = entries[seq]
                    follows = entry["prev"] == before or (seq == min(entries) and entry["kind"] == "adopt")
                    must(follows, f"{mark}: entry {seq} of {epoch} does not follow the one before")
                    before = name
            for epoch, seq, name in {self.store[mark], *self.points.get(mark, set())}:
                last = epochs.get(epoch, {}).get(seq)
                must(last is not None and last[0] == name, f"{mark}: entry {seq} of {epoch} is missing")
            epoch, seq, _ = self.store[mark]
            must(max(epochs[epoch]) == seq, f"{mark}: an entry after the one of the store")
            known = {name for (chain, _), name in self.changes.items() if mark.startswith(f"{chain}/")}
            for _, entry in epochs[epoch].values():
                must(entry["policyVersion"] in known, f"{mark}: the change before {entry['seq']} is missing")
        for mark, seq in self.answers:
            known = any(int(seq or -1) in entries for entries in self.entries.get(mark, {}).values())
            must(seq is None or known, f"{mark}: an answer without its entry")


def chain_of(change):
    policy = change["policy"]
    return "tokens" if policy is None else f"{policy['chain']}/{policy['key']}"


class Chains:
    """The changes of one export."""

    def __init__(self):
        self.last = None

    def next(self, line, where):
        change = line["change"]
        has(change, CHANGE, where)
        must(change["v"] == 1 and sha256(canonical(change)) == line["hash"], f"{where}: not the hash of the change")
        chain, last = chain_of(change), self.last
        if last is None or chain_of(last["change"]) != chain:
            self.end()
            follows = (change["version"], change["prev"]) == (1, FIRST)
            follows = follows and (last is None or chain_of(last["change"]) < chain)
        else:
            follows = not last["newest"] and change["version"] == last["change"]["version"] + 1
            follows = follows and change["prev"] == last["hash"]
        must(follows, f"{where}: the change does not follow")
        self.last = line

    def end(self):
        must(self.last is None or self.last["newest"], "a chain of changes ends before its newest one")


def read(*exports):
    ledger = Ledger()
    for data in exports:
        ledger.read(data)
    ledger.whole()
    return ledger


def edited(data, dice):
    """Another text: a byte or a line changed, left out, doubled or moved; or an entry, as a forger changes it."""
    while True:
        lines = data.split(b"\n")[:-1]
        at, other, way = dice.randrange(len(lines)), dice.randrange(len(lines)), dice.randrange(6)
        if way == 0:
            del lines[at]
        elif way == 1:
            lines.insert(at, lines[other])
        elif way == 2:
            lines[at], lines[other] = lines[other], lines[at]
        else:
            at = dice.choice(entries_of(lines)) if way == 5 else at
            byte = dice.randrange(len(lines[at]))
            new = b"" if way == 3 else bytes([dice.choice(b'0123456789abcdef/":{},')])
            lines[at] = lines[at][:byte] + new + lines[at][byte + 1 :]
        text = b"".join(line + b"\n" for line in (with_sums(lines, at) if way == 5 else lines))
        if text != data:
            return text


def entries_of(lines):
    return [at for at, line in enumerate(lines) if line.startswith(b'{"entry":')]


def with_sums(lines, at):
    """The hash of the entry at this line and the SHA-256 of the file are right again."""
    try:
        line = json.loads(lines[at])
        line["hash"] = sha256(canonical(line["entry"]))
        lines[at] = canonical(line).encode()
    except (ValueError, KeyError, TypeError):
        pass
    end = json.loads(lines.pop())
    end["sha256"] = hashlib.sha256(b"".join(line + b"\n" for line in lines)).hexdigest()
    return [*lines, canonical(end).encode()]


def main(args):
    if args[:1] == ["--edits"]:
        with open(args[2], "rb") as file:
            data = file.read()
        read(data)
        dice, taken = random.Random(1), []
        for number in range(int(args[1])):
            text = edited(data, dice)
            try:
                read(text)
                taken.append(number)
            except Refused:
                pass
        print(json.dumps({"edits": int(args[1]), "taken": taken}))
        return 3 if taken else 0
    exports = []
    for name in args:
        with open(name, "rb") as file:
            exports.append(file.read())
    try:
        ledger = read(*exports)
        print(json.dumps({"entries": ledger.count, "tops": ledger.tops}))
        return 0
    except Refused as reason:
        print(json.dumps({"refused": str(reason)}))
        return 3


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
