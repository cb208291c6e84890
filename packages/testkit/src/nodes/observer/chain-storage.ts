import { bytesOfHex, hexOf, type NodeRpc, scaleReader, storageKey } from '@watchbill/chain';
import type { OwnerSeen } from './records.ts';

// Storage maps whose keys contain the mapped key (Twox64Concat), so that reading them takes no metadata.

const HASH_BYTES = 8;
const ACCOUNT_BYTES = 32;
const KIND_BYTES = 16;
const PAGE = 1_000;
const MOST_PAGES = 20;

type Entry = { readonly key: Uint8Array; readonly value: Uint8Array };

/** Reads a whole map by the node's best block; `key` is what follows the map's name. */
async function mapEntries(node: NodeRpc, pallet: string, item: string): Promise<readonly Entry[]> {
  const prefix = storageKey(pallet, item);
  const entries: Entry[] = [];
  let after: string | null = null;
  for (let page = 0; page < MOST_PAGES; page++) {
    const keys: readonly string[] = await node.call('state_getKeysPaged', [prefix, PAGE, after]);
    if (keys.length === 0) return entries;
    const [set] = await node.call<readonly [{ changes: readonly (readonly [string, string | null])[] }?]>(
      'state_queryStorageAt',
      [keys],
    );
    for (const [key, value] of set?.changes ?? []) {
      if (value === null) continue;
      entries.push({
        key: bytesOfHex(`0x${key.slice(prefix.length)}`, item),
        value: bytesOfHex(value, item),
      });
    }
    if (keys.length < PAGE) return entries;
    after = keys.at(-1) ?? null;
  }
  throw new Error(`${pallet}.${item} has more than ${PAGE * MOST_PAGES} entries`);
}

/** Every session key on the chain, with its account: `Session.KeyOwner`. */
export async function keyOwners(node: NodeRpc): Promise<readonly OwnerSeen[]> {
  const entries = await mapEntries(node, 'Session', 'KeyOwner');
  return entries.map(({ key, value }) => {
    const reader = scaleReader(key.subarray(HASH_BYTES), 'a key of Session.KeyOwner');
    const type = Buffer.from(reader.fixed(4)).toString('latin1');
    return { type, key: hexOf(reader.bytes()), account: hexOf(value) };
  });
}

export interface ChainOffence {
  readonly kind: string;
  readonly timeSlot: string;
  readonly offender: string;
}

/**
 * Every offence on the chain. `Offences.ConcurrentReportsIndex` has the kind and the time slot of each
 * report, `Offences.Reports` the offender: its value begins with that account.
 */
export async function chainOffences(node: NodeRpc): Promise<readonly ChainOffence[]> {
  const reports = new Map(
    (await mapEntries(node, 'Offences', 'Reports')).map(({ key, value }) => [
      hexOf(key.subarray(HASH_BYTES)),
      hexOf(value.subarray(0, ACCOUNT_BYTES)),
    ]),
  );
  const index = await mapEntries(node, 'Offences', 'ConcurrentReportsIndex');
  return index.flatMap(({ key, value }) => {
    const kind = Buffer.from(key.subarray(HASH_BYTES, HASH_BYTES + KIND_BYTES)).toString('latin1');
    const slotReader = scaleReader(key.subarray(HASH_BYTES + KIND_BYTES + HASH_BYTES), 'a time slot');
    const timeSlot = hexOf(slotReader.bytes());
    const reader = scaleReader(value, 'the reports of a time slot');
    const ids = reader.list(() => hexOf(reader.fixed(ACCOUNT_BYTES)));
    // A report of a moment ago may be in one reading and not yet in the other; the next poll has both.
    return ids.flatMap((id) => {
      const offender = reports.get(id);
      return offender === undefined ? [] : [{ kind, timeSlot, offender }];
    });
  });
}
