import { Blake2256 } from '@polkadot-api/substrate-bindings';
import { isRecord, type Json, type JsonRecord } from '@watchbill/kit';
import { hexOf } from '../scale/hex.ts';
import { type StateEntries, type StateVersion, stateRoot } from './state-root.ts';

const HEX = /^0x(?:[0-9a-f]{2})*$/i;
const ROOT = /^0x[0-9a-f]{64}$/i;
/** The roots of child tries are values of the state below this key, in UTF-8. */
const CHILD_PREFIX = Buffer.from(':child_storage:default:').toString('hex');
const NO_HASH = new Uint8Array(32);

/**
 * The hashes that block 0 of a chain specification can have: one for each version of the state, since only
 * its runtime knows the version. Null for a specification without a raw genesis, which only its program can
 * build.
 */
export function genesisHashes(spec: JsonRecord): readonly string[] | null {
  const { genesis } = spec;
  if (!isRecord(genesis)) return null;
  const { stateRootHash, raw } = genesis;
  if (typeof stateRootHash === 'string' && ROOT.test(stateRootHash))
    return [hashOfRoot(Buffer.from(stateRootHash.slice(2), 'hex'))];
  if (!isRecord(raw)) return null;
  const top = entriesOf(raw.top);
  const children = childrenOf(raw.childrenDefault);
  if (top === null || children === null) return null;
  const hashes = ([0, 1] as const).map((version) => hashOfRoot(rootOf(top, children, version)));
  return [...new Set(hashes)];
}

type Child = readonly [key: string, entries: StateEntries];

function rootOf(top: StateEntries, children: readonly Child[], version: StateVersion): Uint8Array {
  const roots = children.map(
    ([key, entries]) =>
      [`${CHILD_PREFIX}${key}`, Buffer.from(stateRoot(entries, version)).toString('hex')] as const,
  );
  return stateRoot([...top, ...roots], version);
}

/** Hash of the header of block 0: no parent, number 0, no extrinsics, no digest. */
function hashOfRoot(root: Uint8Array): string {
  const noExtrinsics = stateRoot([], 0);
  return hexOf(Blake2256(Buffer.concat([NO_HASH, Uint8Array.of(0), root, noExtrinsics, Uint8Array.of(0)])));
}

function entriesOf(value: Json | undefined): StateEntries | null {
  if (!isRecord(value)) return null;
  const entries = new Map<string, string>();
  for (const [key, stored] of Object.entries(value)) {
    if (typeof stored !== 'string' || !HEX.test(key) || !HEX.test(stored)) return null;
    entries.set(key.slice(2).toLowerCase(), stored.slice(2));
  }
  return [...entries];
}

function childrenOf(value: Json | undefined): readonly Child[] | null {
  if (value === undefined || value === null) return [];
  if (!isRecord(value)) return null;
  const children: Child[] = [];
  for (const [key, inner] of Object.entries(value)) {
    const entries = entriesOf(inner);
    if (entries === null || !HEX.test(key)) return null;
    children.push([key.slice(2).toLowerCase(), entries]);
  }
  return children;
}
