import {
  auraAuthorities,
  bytesOfHex,
  type Head,
  hexOf,
  type NodeRpc,
  runtimeCall,
  storageKey,
} from '@watchbill/chain';

/** The accounts that may author, by the state of a block, in the order that slot claims use. */
export interface Roster {
  readonly consensus: 'babe' | 'aura';
  /** Public keys, `0x…`. */
  readonly authorities: readonly string[];
  /** The account (`0x…`) behind each authority; null if the chain does not show it. */
  readonly accounts: readonly string[] | null;
  /** BABE: the slots of its epoch. Aura: null, because it is valid until it is replaced. */
  readonly slots: { readonly first: bigint; readonly count: bigint } | null;
  /** BABE with secondary slots: the randomness by which their authors are drawn. */
  readonly randomness: Uint8Array | null;
}

const KEY_BYTES = 32;
/** Index of `AllowedSlots::PrimarySlots` in sp-consensus-babe. */
const PRIMARY_ONLY = 0;

/**
 * The roster of a BABE block's own epoch, by its state after it: `Session.Validators` and the authorities are
 * written together, in one order, when a session begins (pallet-session hands its validators to every handler
 * in turn). Throws a NodeFault.
 */
export async function babeRoster(node: NodeRpc, at: string): Promise<Roster> {
  const [epoch, accounts] = await Promise.all([babeEpochWithDraw(node, at), sessionAccounts(node, at)]);
  const { authorities, first, count, randomness } = epoch;
  return {
    consensus: 'babe',
    authorities,
    accounts: matching(accounts, authorities),
    slots: { first, count },
    randomness,
  };
}

/** The roster of the blocks that follow `at`, for Aura. Throws a NodeFault. */
export async function auraRoster(node: NodeRpc, at: string): Promise<Roster> {
  const [authorities, accounts] = await Promise.all([auraAuthorities(node, at), sessionAccounts(node, at)]);
  const matched = matching(accounts, authorities);
  return { consensus: 'aura', authorities, accounts: matched, slots: null, randomness: null };
}

/**
 * The roster after a block, by the engine that claimed its slot; null for the first block and for other
 * engines.
 */
export async function rosterAfter(node: NodeRpc, { hash, digest }: Head): Promise<Roster | null> {
  if (digest.slot === null) return null;
  return digest.slot.consensus === 'babe' ? babeRoster(node, hash) : auraRoster(node, hash);
}

function matching(
  accounts: readonly string[] | null,
  authorities: readonly string[],
): readonly string[] | null {
  return accounts?.length === authorities.length ? accounts : null;
}

/** `BabeApi_current_epoch`, with the randomness by which secondary authors are drawn. */
function babeEpochWithDraw(node: NodeRpc, at: string) {
  return runtimeCall(node, 'BabeApi_current_epoch', at, (reader) => {
    reader.u64();
    const [first, count] = [reader.u64(), reader.u64()];
    const authorities = reader.list(() => {
      const key = hexOf(reader.fixed(KEY_BYTES));
      reader.u64();
      return key;
    });
    const randomness = reader.fixed(KEY_BYTES);
    // The share of primary slots, as a fraction.
    reader.u64();
    reader.u64();
    const allowed = reader.u8();
    return { first, count, authorities, randomness: allowed === PRIMARY_ONLY ? null : randomness };
  });
}

/** `Session.Validators`; null if the chain has none, or has accounts of another length. */
export async function sessionAccounts(node: NodeRpc, at: string): Promise<readonly string[] | null> {
  const stored = await node.call('state_getStorage', [storageKey('Session', 'Validators'), at]);
  if (stored === null) return null;
  return rowsOf(bytesOfHex(stored, 'Session.Validators'), (row) => row === KEY_BYTES)?.map(hexOf) ?? null;
}

/**
 * `Session.QueuedKeys`: the keys (`0x…`) of the next session by account; null if the rows cannot be
 * separated.
 */
export async function queuedKeys(node: NodeRpc, at: string): Promise<ReadonlyMap<string, string> | null> {
  const stored = await node.call('state_getStorage', [storageKey('Session', 'QueuedKeys'), at]);
  if (stored === null) return null;
  const rows = rowsOf(bytesOfHex(stored, 'Session.QueuedKeys'), (row) => row > KEY_BYTES);
  if (rows === null) return null;
  return new Map(rows.map((row) => [hexOf(row.subarray(0, KEY_BYTES)), hexOf(row.subarray(KEY_BYTES))]));
}

/**
 * The rows of a list whose items have one length, derived from the length of the list; null if they differ.
 */
export function rowsOf(bytes: Uint8Array, fits: (rowBytes: number) => boolean): readonly Uint8Array[] | null {
  const mode = (bytes[0] ?? 3) & 0b11;
  if (mode === 3) return null;
  const head = mode === 0 ? 1 : mode === 1 ? 2 : 4;
  if (bytes.length < head) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const raw = mode === 0 ? view.getUint8(0) : mode === 1 ? view.getUint16(0, true) : view.getUint32(0, true);
  const count = raw >>> 2;
  const body = bytes.length - head;
  if (count === 0) return body === 0 ? [] : null;
  const row = body / count;
  if (!Number.isInteger(row) || !fits(row)) return null;
  return Array.from({ length: count }, (_, at) => bytes.subarray(head + at * row, head + (at + 1) * row));
}
