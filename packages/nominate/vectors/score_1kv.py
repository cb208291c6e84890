"""Scores of the Thousand Validators backend, computed apart from the package: python3 score_1kv.py > score-1kv.jsonl

Written from the description of its formulas, in another language, so that a slip in one of the two shows. IEEE 754 doubles in both.
"""

import json
import math
import random

WEIGHTS = {
    "inclusion": 220, "spanInclusion": 220, "faults": 5, "discovered": 30, "nominated": 100, "rank": 50,
    "unclaimed": 10, "bonded": 50, "location": 40, "region": 10, "country": 10, "provider": 100,
    "offline": 2, "nominations": 100, "client": 200,
}
# The order in which the backend adds its parts up.
ORDER = list(WEIGHTS)
ACTIVE_ERA = 1500
BANNED = ["Bad Hosting"]


def quantile(values, q):
    values = sorted(values)
    position = (len(values) - 1) * q
    base = math.floor(position)
    rest = position - base
    if base + 1 < len(values):
        return values[base] + rest * (values[base + 1] - values[base])
    return values[base]


def between(value, values, low, high):
    if not values:
        return 0
    lowest, highest = quantile(values, low), quantile(values, high)
    if value <= lowest:
        return 0
    if value >= highest:
        return 1
    return (value - lowest) / (highest - lowest)


def numbers(one):
    eras = one["erasWithPoints"] or []
    return {
        "inclusion": len([e for e in eras if e >= ACTIVE_ERA - 83]) / 84,
        "spanInclusion": len([e for e in eras if e >= ACTIVE_ERA - 27]) / 28,
        "discovered": one["firstSeenMs"] or 0,
        "nominated": max(eras) if eras else 0,
        "rank": one["rank"],
        "bonded": float(int(one["bonded"] or "0")),
        "faults": len(one["faultEras"]),
        "offline": one["offlineMs"] or 0,
    }


def place_name(one, kind):
    return (one["place"] or {}).get(kind, "")


def score(one, everybody):
    own = numbers(one)
    every = [numbers(other) for other in everybody]
    column = lambda name: [n[name] for n in every]
    parts = {}
    for name in ("inclusion", "spanInclusion"):
        parts[name] = (1 - between(own[name], column(name), 0.05, 0.95)) * WEIGHTS[name]
    for name in ("discovered", "nominated", "faults", "offline"):
        parts[name] = (1 - between(own[name], column(name), 0.1, 0.9)) * WEIGHTS[name]
    parts["rank"] = between(own["rank"], column("rank"), 0.1, 0.9) * WEIGHTS["rank"]
    parts["unclaimed"] = 0 - (one["unclaimedCount"] or 0) * WEIGHTS["unclaimed"]
    parts["bonded"] = between(own["bonded"], column("bonded"), 0.05, 0.85) * WEIGHTS["bonded"]
    banned = place_name(one, "provider") in BANNED
    for name, kind in (("location", "city"), ("region", "region"), ("country", "country"), ("provider", "provider")):
        where = place_name(one, kind)
        nodes = {}
        for other in everybody:
            nodes[place_name(other, kind)] = nodes.get(place_name(other, kind), 0) + 1
        if banned:
            parts[name] = 0
        elif where == "":
            parts[name] = 0.25 * WEIGHTS[name]
        else:
            parts[name] = (1 - between(nodes[where], list(nodes.values()), 0, 1)) * WEIGHTS[name]
    stakes = [other["nominations"] for other in everybody if other["nominations"] is not None]
    parts["nominations"] = between(one["nominations"] or 0, stakes, 0.05, 0.95) * WEIGHTS["nominations"]
    alternative = one["implementation"] not in ("", "Parity Polkadot")
    parts["client"] = WEIGHTS["client"] if alternative else 0
    aggregate = 0
    for name in ORDER:
        aggregate = aggregate + parts[name]
    return {"components": parts, "aggregate": aggregate, "total": aggregate * (1 + one["draw"] * 0.15)}


def made_up(n, dice):
    eras = [e for e in range(1410, 1500) if dice.random() < dice.choice([0.1, 0.5, 0.9])]
    place = {kind: dice.choice(["", "a", "b", "c", "d"]) for kind in ("city", "region", "country")}
    place["provider"] = dice.choice(["", "p", "q", "r", "Bad Hosting"])
    return {
        "stashKey": "0x%064x" % n,
        "firstSeenMs": dice.choice([None, dice.randrange(10**12, 2 * 10**12)]),
        "isProven": True,
        "erasWithPoints": dice.choice([None, [], eras, eras]),
        "lastNominatedEra": None,
        "rank": dice.randrange(300),
        "faultEras": [1490] * dice.randrange(3),
        "unclaimedCount": dice.choice([None, 0, 0, 3]),
        "bonded": dice.choice([None, str(dice.randrange(10**17)), str(dice.randrange(10**17))]),
        "offlineMs": dice.choice([None, 0, dice.randrange(10**7)]),
        "place": dice.choice([None, place, place, place]),
        "nominations": dice.choice([None, dice.random() * 1e5, dice.random() * 1e5]),
        "implementation": dice.choice(["", "Parity Polkadot", "Parity Polkadot", "Kagome Node"]),
        "draw": dice.random(),
    }


def main():
    dice = random.Random("score 1kv")
    groups = []
    for size in (1, 2, 3, 7, 40):
        everybody = [made_up(n, dice) for n in range(size)]
        groups.append({"candidates": everybody, "scores": [score(one, everybody) for one in everybody]})
    document = {"weights": WEIGHTS, "activeEra": ACTIVE_ERA, "bannedProviders": BANNED, "groups": groups}
    print(json.dumps(document, separators=(",", ":")))


main()
