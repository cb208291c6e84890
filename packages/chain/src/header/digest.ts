import { NodeFault } from '../rpc/fault.ts';
import { bytesOfHex, hexOf } from '../scale/hex.ts';
import { scaleReader } from '../scale/reader.ts';
import { type SlotClaim, slotClaim } from './slot-claim.ts';

/** Indexes of sp-runtime's `DigestItem`; the missing ones were removed from it. */
const ITEM = { other: 0, consensus: 4, seal: 5, preRuntime: 6, environmentUpdated: 8 } as const;

/**
 * The item of one engine in a header. `engine` is its four letters: `BABE`, `aura`, `FRNK` (GRANDPA), `BEEF`.
 */
export interface EngineItem {
  readonly engine: string;
  /** `0x…` */
  readonly data: string;
}

/** The digest of a header, sorted. */
export interface HeaderDigest {
  /** The slot and its author; null if no BABE or Aura item has them, as in the genesis block. */
  readonly slot: SlotClaim | null;
  /** Signatures of the author, over the header without them. */
  readonly seals: readonly EngineItem[];
  readonly preRuntime: readonly EngineItem[];
  readonly consensus: readonly EngineItem[];
}

/** Reads the digest logs of a header in the form of RPC (`header.digest.logs`). Throws `malformed`. */
export function decodeDigest(logs: readonly string[]): HeaderDigest {
  const found = logs.map(readItem);
  const ofKind = (kind: number): readonly EngineItem[] =>
    found.flatMap((item) =>
      item !== null && item.kind === kind ? [{ engine: item.engine, data: item.data }] : [],
    );
  const preRuntime = ofKind(ITEM.preRuntime);
  return {
    slot: preRuntime.map(slotClaim).find((claim) => claim !== null) ?? null,
    seals: ofKind(ITEM.seal),
    preRuntime,
    consensus: ofKind(ITEM.consensus),
  };
}

function readItem(log: string): (EngineItem & { readonly kind: number }) | null {
  const reader = scaleReader(bytesOfHex(log, 'a digest item'), 'a digest item');
  const kind = reader.u8();
  if (kind === ITEM.other || kind === ITEM.environmentUpdated) return null;
  if (kind !== ITEM.consensus && kind !== ITEM.seal && kind !== ITEM.preRuntime)
    throw new NodeFault('malformed', `a digest item is of the unknown kind ${kind}`);
  const engine = Buffer.from(reader.fixed(4)).toString('latin1');
  const data = hexOf(reader.bytes());
  reader.end();
  return { kind, engine, data };
}
