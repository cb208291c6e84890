import { Blake2256 } from '@polkadot-api/substrate-bindings';
import { withLength } from '../scale/number-bytes.ts';

/** How a runtime stores values: version 1 has the hash of a long value in its node, version 0 the value. */
export type StateVersion = 0 | 1;

/** Keys with values, both hex digits without `0x`. */
export type StateEntries = readonly (readonly [key: string, value: string])[];

/** From this length on, version 1 hashes a value (`TRIE_VALUE_NODE_THRESHOLD` of sp-core). */
const HASHED_FROM_BYTES = 33;
const HASH_BYTES = 32;

/** The first bits of a node, and the longest partial key that the other bits of its first byte can have. */
const HEADERS = {
  leaf: { bits: 0x40, most: 63 },
  branch: { bits: 0x80, most: 63 },
  valued: { bits: 0xc0, most: 63 },
  hashedLeaf: { bits: 0x20, most: 31 },
  hashedBranch: { bits: 0x10, most: 15 },
} as const;

/**
 * The root of the Merkle-Patricia trie of a state, 32 bytes: Polkadot's specification, section "State
 * storage". Keys are unique.
 */
export function stateRoot(entries: StateEntries, version: StateVersion): Uint8Array {
  const sorted = entries.toSorted(([one], [other]) => (one < other ? -1 : 1));
  if (sorted.length === 0) return Blake2256(Uint8Array.of(0));
  return Blake2256(node(sorted, 0, version));
}

/** Encodes the node below the first `depth` digits, which all of these keys share. */
function node(entries: StateEntries, depth: number, version: StateVersion): Uint8Array {
  const [first] = entries;
  const last = entries.at(-1);
  if (first === undefined || last === undefined) throw new RangeError('a node of a trie has an entry');
  if (entries.length === 1) return leaf(first, depth, version);
  let end = depth;
  while (end < first[0].length && first[0][end] === last[0][end]) end += 1;
  const own = first[0].length === end ? first : null;
  const below = own === null ? entries : entries.slice(1);
  const children: Uint8Array[] = [];
  let bitmap = 0;
  for (let at = 0; at < below.length; ) {
    const digit = below[at]?.[0][end];
    let next = at;
    while (next < below.length && below[next]?.[0][end] === digit) next += 1;
    bitmap |= 1 << Number.parseInt(digit ?? '', 16);
    const child = node(below.slice(at, next), end + 1, version);
    children.push(withLength(child.length < HASH_BYTES ? child : Blake2256(child)));
    at = next;
  }
  const value = own === null ? null : stored(own[1], version);
  const kind = value === null ? 'branch' : value.isHashed ? 'hashedBranch' : 'valued';
  const map = Uint8Array.of(bitmap & 0xff, bitmap >> 8);
  const parts = [header(kind, first[0].slice(depth, end)), map, ...(value === null ? [] : [value.bytes])];
  return Buffer.concat([...parts, ...children]);
}

function leaf([key, text]: StateEntries[number], depth: number, version: StateVersion): Uint8Array {
  const { isHashed, bytes } = stored(text, version);
  return Buffer.concat([header(isHashed ? 'hashedLeaf' : 'leaf', key.slice(depth)), bytes]);
}

function stored(text: string, version: StateVersion) {
  const value = Buffer.from(text, 'hex');
  const isHashed = version === 1 && value.length >= HASHED_FROM_BYTES;
  return { isHashed, bytes: isHashed ? Blake2256(value) : withLength(value) };
}

/** The first bytes of a node: its kind, and its partial key in digits. */
function header(kind: keyof typeof HEADERS, partial: string): Uint8Array {
  const { bits, most } = HEADERS[kind];
  const bytes = [bits | Math.min(partial.length, most)];
  if (partial.length >= most) {
    let rest = partial.length - most;
    for (; rest >= 255; rest -= 255) bytes.push(255);
    bytes.push(rest);
  }
  const digits = partial.length % 2 === 0 ? partial : `0${partial}`;
  return Buffer.concat([Uint8Array.from(bytes), Buffer.from(digits, 'hex')]);
}
