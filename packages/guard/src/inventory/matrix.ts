import { dangerOf, distinct, keyId, type PublicKey } from '../custody/key-name.ts';
import { difference } from '../doctor/compare.ts';
import { costOfCopies, fault, keyText } from '../doctor/finding.ts';
import type { Found, InventoryReport, KeyRow } from '../doctor/report.ts';
import { type Place, seenPlace } from './place.ts';

interface Holder extends PublicKey {
  readonly place: string;
}

/** Puts the places together that are one, and judges them. */
export function examineInventory(all: readonly Place[], atMs: number): InventoryReport {
  const merged = [...Map.groupBy(all, ({ identity }) => identity).values()].map(onePlace);
  const known = new Set(merged.flatMap((each) => (isPeer(each) ? [] : each.keys.map(keyId))));
  const holders = merged.flatMap(({ place, keys }) =>
    keys.filter((key) => known.has(keyId(key))).map((key) => ({ ...key, place })),
  );
  const rows = [...Map.groupBy(holders, keyId).values()].flatMap((own) =>
    own
      .slice(0, 1)
      .map(({ kind, publicKey }) => ({ kind, publicKey, places: own.map(({ place }) => place) })),
  );
  const keystores = ({ places }: KeyRow): number => places.filter((place) => !isPeer({ place })).length;
  const keys = rows.toSorted((one, other) => keystores(other) - keystores(one));
  const findings = [
    ...copied(merged, keys),
    ...merged.flatMap((each) => severalSigners(each) ?? []),
    ...keys.flatMap((row) => severalPeers(row, merged) ?? []),
  ];
  return {
    ...{ version: 1, atMs, keys },
    places: merged.filter((each) => each.why === null && !isPeer(each)).map(({ place }) => place),
    findings: findings.toSorted((one, other) => other.letter.localeCompare(one.letter)),
    notLooked: merged.flatMap(({ place, why }) => (why === null ? [] : [{ place, why }])),
  };
}

function onePlace(all: readonly Place[]): Place {
  const keys = distinct(all.flatMap((each) => each.keys));
  const why = all.find((each) => each.why !== null)?.why ?? null;
  const signers = all.flatMap((each) => each.signers);
  return { ...seenPlace(''), ...all[0], keys, signers, why };
}

/** One finding for each set of places that have keys in common. */
function copied(places: readonly Place[], rows: readonly KeyRow[]): readonly Found[] {
  const several = rows.flatMap((row) => {
    const all = places.filter(({ place }) => row.places.includes(place));
    const isPlaced = (name: string): boolean => all.some(({ place }) => place.startsWith(`${name}:`));
    // Variables for a machine that holds the key are no further place.
    const own = all.filter(({ forMachine: name }) => name === undefined || (name !== '' && !isPlaced(name)));
    return own.length < 2 ? [] : [{ row, own }];
  });
  const groups = Map.groupBy(several, ({ own }) => own.map(({ place }) => place).join(', '));
  return [...groups].map(([subject, all]) => {
    const own = all[0]?.own ?? [];
    const keystores = own.filter(({ forMachine }) => forMachine === undefined).length;
    const isDangerous = all.some(({ row }) => dangerOf(row.kind) !== 'other');
    return fault(!isDangerous || keystores === 0 ? 'C' : keystores === 1 ? 'E' : 'F', subject, {
      what: `${own.length} places hold the same ${all.length === 1 ? 'key' : `${all.length} keys`}`,
      evidence: all.map(({ row }) => keyText(row)),
      cost: costOfCopies(isDangerous),
      mend: 'find the place of the validator, and remove the keys from every other one (shred -u FILE)',
    });
  });
}

function severalSigners({ place, signers }: Place): Found | null {
  if (signers.length < 2 || isPeer({ place })) return null;
  return fault('F', place, {
    what: `${signers.length} signers start with the keys of one place`,
    evidence: signers,
    cost: costOfCopies(true),
    mend: 'let one of them start: replicas: 1, and strategy: {type: Recreate} in a Deployment; or another keystore with other keys for each further one',
  });
}

const isPeer = ({ place }: Pick<Place, 'place'>): boolean => place.startsWith('peer ');

/** Other validators know one peer for an authority, and a later announcement replaces it. */
function severalPeers(row: KeyRow, all: readonly Place[]): Found | null {
  const peers = all.filter((each) => isPeer(each) && row.places.includes(each.place));
  if (peers.length < 2) return null;
  return fault('E', keyText(row), {
    what: `${peers.length} peers announce one authority-discovery key`,
    evidence: peers.flatMap(({ signers }) => signers),
    cost: 'a second node runs with the session keys, and signs beside the first one once it is in sync',
    mend: 'ask each node for its peer (system_localPeerId), and stop the one that is not the validator; after a move of the keys, look again in half an hour',
  });
}

/** Keys that have come to a place, or have left it. */
export function holderChanges(before: InventoryReport, now: InventoryReport) {
  // A keystore that is gone is looked at with its machine or file.
  const isLooked = ({ place }: Holder): boolean =>
    isPeer({ place })
      ? now.notLooked.length === 0
      : now.places.some((each) => place === each || place.startsWith(`${each}:`));
  const idOf = (each: Holder): string => `${keyId(each)} ${each.place}`;
  return { sinceMs: before.atMs, ...difference([holdersOf(before), holdersOf(now)], idOf, isLooked) };
}

export type HolderChanges = ReturnType<typeof holderChanges>;

const holdersOf = ({ keys }: InventoryReport): readonly Holder[] =>
  keys.flatMap(({ kind, publicKey, places }) => places.map((place) => ({ kind, publicKey, place })));
