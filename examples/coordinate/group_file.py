"""Reads a group file, and computes the digests that every signature of the group covers.

It reads JSON, or the part of YAML that `watchbill coordinate group create` writes: block mappings and lists, plain and
quoted values, comments. It refuses all other YAML, so it never takes a file for another one.
"""

import hashlib
import json
import re


class GroupFileError(Exception):
    """The group file cannot be read; the text says why."""


def read_group(text):
    """The document of a group file, with the defaults of the format."""
    document = json.loads(text) if text.lstrip().startswith("{") else _Yaml(text).document()
    if not isinstance(document, dict) or document.get("format") != "watchbill/group/1":
        raise GroupFileError("the first line of a group file must be: format: watchbill/group/1")
    for key in ("name", "genesis", "resource", "windows", "members", "schedule"):
        if key not in document:
            raise GroupFileError(f"{key} is missing")
    windows = {"rankBlocks": 20, "rankCount": 4, "certificateBlocks": 20, **document["windows"]}
    document["windows"] = {key: int(value) for key, value in windows.items()}
    keys = [public_key(member["key"]) for member in document["members"]]
    if not 1 <= len(keys) <= 50 or len(set(keys)) != len(keys):
        raise GroupFileError("a group must have 1 to 50 members with different keys")
    for key in ("genesis", "predecessor"):
        if key in document and re.fullmatch(r"0x[0-9a-f]{64}", document[key]) is None:
            raise GroupFileError(f"{key} must be 0x and 64 hexadecimal digits in lower case")
    heights = [int(version["fromHeight"]) for version in document["schedule"]]
    if heights[:1] != [0] or any(later <= height for height, later in zip(heights, heights[1:])):
        raise GroupFileError("the first version of a schedule must be in force from height 0, and heights must rise")
    found = "0x" + group_id(document).hex()
    if document.get("id", found) != found:
        raise GroupFileError(f"the content of this file has the id {found}, but it declares {document['id']}")
    return document


def group_id(group):
    """SHA-256 over the whole content of a group, 32 bytes."""
    windows, members = group["windows"], group["members"]
    parts = [_text(group["name"]), bytes.fromhex(group["genesis"][2:]), _name(group["resource"])]
    parts += [_u(windows["frequencyBlocks"], 8), _u(windows["rankBlocks"], 8), _u(windows["rankCount"], 1)]
    parts += [_u(windows["certificateBlocks"], 8), _u(len(members), 2)]
    for member in members:
        scheme, key = public_key(member["key"])
        parts += [_text(member["name"]), _u(["sr25519", "ed25519", "secp256k1"].index(scheme) + 1, 1), key]
    if "predecessor" in group:
        parts.append(bytes.fromhex(group["predecessor"][2:]))
    return tagged("watchbill/quorum/group/1", b"".join(parts))


def schedule_digest(version):
    """SHA-256 over one version of the schedule, 32 bytes."""
    agenda = version.get("agenda", [])
    source = {"block-hash": 1, "epoch-randomness": 2}[version.get("seedSource", "block-hash")]
    parts = [_u(version["version"], 4), _u(version["fromHeight"], 8), _u(source, 1)]
    parts += [_u(version.get("stageBlocks", 5), 8), _u(len(agenda), 2)]
    for item in agenda:
        parts.append(_name(item["action"]))
        if "every" in item:
            parts += [_u(1, 1), _u(item["every"], 8), _u(item.get("offset", 0), 8)]
        else:
            parts += [_u(2, 1), _u(item["drawnPerMillion"], 4)]
        parts += [_u(item["validityBlocks"], 8), _text(_canonical(item.get("parameters", {})))]
    return tagged("watchbill/quorum/schedule/1", b"".join(parts))


def public_key(text):
    """The scheme and the bytes of a key, for example `ed25519:0x0af4…`."""
    found = re.fullmatch(r"(ed25519|sr25519|secp256k1):(?:0x)?([0-9a-fA-F]+)", text)
    if found is None or len(found[2]) != (66 if found[1] == "secp256k1" else 64):
        raise GroupFileError(f"{text} is not a public key")
    return found[1], bytes.fromhex(found[2])


def tagged(tag, data):
    return hashlib.sha256(tag.encode("ascii") + data).digest()


def _u(value, size):
    return int(value).to_bytes(size, "big")


def _text(value):
    data = value.encode("utf-8")
    return _u(len(data), 2) + data


def _name(value):
    data = value.encode("ascii")
    return _u(len(data), 1) + data


def _canonical(value):
    """JSON with sorted keys and without blanks. Numbers with a fraction have several spellings, so they are refused."""
    if isinstance(value, float):
        raise GroupFileError(f"this program reads no numbers with a fraction: {value}")
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return "{" + ",".join(f"{_canonical(key)}:{_canonical(value[key])}" for key in keys) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_canonical(each) for each in value) + "]"
    return json.dumps(value, ensure_ascii=False)


_KEY = re.compile(r"([A-Za-z_][A-Za-z0-9_.-]*):(?: +(.*))?$")
_PLAIN = re.compile(r"[A-Za-z/][^#:]*(?::[^ #:]+)*$")
_WORDS = {"true": True, "false": False}
_OTHER_WORDS = {"null", "yes", "no", "on", "off", "true", "false"}


class _Yaml:
    def __init__(self, text):
        self.lines = []
        for number, line in enumerate(text.split("\n"), 1):
            kept = line.rstrip(" \r")
            if kept.strip() == "" or kept.lstrip().startswith("#"):
                continue
            indent = len(kept) - len(kept.lstrip(" "))
            self.lines.append((indent, kept[indent:], number))
        self.at = 0

    def document(self):
        value = self._block(0)
        if self.at < len(self.lines):
            self._refuse()
        return value

    def _refuse(self):
        number = self.lines[min(self.at, len(self.lines) - 1)][2] if self.lines else 1
        raise GroupFileError(f"line {number}: this program does not read such YAML; rewrite the line, or give JSON")

    def _next(self):
        return self.lines[self.at] if self.at < len(self.lines) else (-1, "", 0)

    def _block(self, indent):
        is_list = self._next()[1].startswith("- ")
        value = [] if is_list else {}
        while self._next()[0] == indent and self._next()[1].startswith("- ") == is_list:
            if is_list:
                value.append(self._item(indent))
            else:
                key, inner = self._pair(indent)
                if key in value:
                    self._refuse()
                value[key] = inner
        if self._next()[0] > indent or len(value) == 0:
            self._refuse()
        return value

    def _item(self, indent):
        _, text, number = self._next()
        rest = text[2:].lstrip(" ")
        inner = indent + len(text) - len(rest)
        if _KEY.match(rest) is None:
            value = self._scalar(rest)
            self.at += 1
            return value
        self.lines[self.at] = (inner, rest, number)
        return self._block(inner)

    def _pair(self, indent):
        found = _KEY.match(self._next()[1])
        if found is None:
            self._refuse()
        if found[2] is not None:
            value = self._scalar(found[2])
            self.at += 1
            return found[1], value
        self.at += 1
        inner, text, _ = self._next()
        if inner < indent or (inner == indent and not text.startswith("- ")):
            self._refuse()
        return found[1], self._block(inner)

    def _scalar(self, text):
        if text[0] in '"[{':
            try:
                return json.loads(text)
            except ValueError:
                self._refuse()
        if re.fullmatch(r"'(?:[^']|'')*'", text):
            return text[1:-1].replace("''", "'")
        if re.fullmatch(r"-?(0|[1-9][0-9]*)", text):
            return int(text)
        if text in _WORDS:
            return _WORDS[text]
        if text.lower() in _OTHER_WORDS or _PLAIN.match(text) is None:
            self._refuse()
        return text
