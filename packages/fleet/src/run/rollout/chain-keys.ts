import {
  auraAuthorities,
  babeAuthorities,
  bytesOfHex,
  grandpaAuthorities,
  hexOf,
  NodeFault,
  type NodeRpc,
  scaleReader,
  storageKey,
} from '@watchbill/chain';
import type { TypedKey } from '../../file/signers/index.ts';

/** Ids of runtime APIs, as `state_getRuntimeVersion` lists them. */
const APIS = {
  babe: '0xcbca25e39f142387',
  aura: '0xdd718d5cc53262d4',
  grandpa: '0xed99c5acb25eedf5',
} as const;
const PAGE_SIZE = 500;
/** More registered validators than any chain has. */
const MOST_PAGES = 40;

/** An authority of now, with the type of its key. */
export interface AuthorityKey {
  readonly type: 'babe' | 'aura' | 'gran';
  readonly key: string;
}

/**
 * The authorities at a block, from the APIs that its runtime has: a call that must fail would count as an
 * error of the node. Throws a NodeFault.
 */
export async function authoritiesAt(node: NodeRpc, at: string): Promise<readonly AuthorityKey[]> {
  const version = await node.call<{ readonly apis?: unknown }>('state_getRuntimeVersion', [at]);
  const apis = new Set(
    (Array.isArray(version.apis) ? version.apis : []).map((one: unknown) => String([one].flat(2)[0])),
  );
  const [babe, aura, gran] = await Promise.all([
    apis.has(APIS.babe) ? babeAuthorities(node, at) : [],
    apis.has(APIS.aura) ? auraAuthorities(node, at) : [],
    apis.has(APIS.grandpa) ? grandpaAuthorities(node, at) : [],
  ]);
  const found: readonly AuthorityKey[] = [
    ...babe.map(({ key }) => ({ type: 'babe' as const, key })),
    ...aura.map((key) => ({ type: 'aura' as const, key })),
    ...gran.map(({ key }) => ({ type: 'gran' as const, key })),
  ];
  if (found.length === 0) throw new NodeFault('malformed', 'the chain names no authorities');
  return found;
}

/**
 * Every set of session keys that the chain knows at a block: those of the next session, and those registered
 * for later. As hex, each once. Throws a NodeFault.
 */
export async function sessionKeySets(node: NodeRpc, at: string): Promise<readonly string[]> {
  const registered = await registeredSets(node, at);
  const [first] = registered;
  const queued = await node.call('state_getStorage', [storageKey('Session', 'QueuedKeys'), at]);
  if (queued === null) return [...new Set(registered)];
  if (first === undefined)
    throw new NodeFault('malformed', 'the chain has queued session keys, and none registered');
  return [
    ...new Set([...registered, ...queuedSets(bytesOfHex(queued, 'the queued keys'), first.length / 2 - 1)]),
  ];
}

async function registeredSets(node: NodeRpc, at: string): Promise<readonly string[]> {
  const prefix = storageKey('Session', 'NextKeys');
  const values: string[] = [];
  let from: string | null = null;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const keys: readonly string[] = await node.call<readonly string[]>('state_getKeysPaged', [
      prefix,
      PAGE_SIZE,
      from,
      at,
    ]);
    if (keys.length > 0) values.push(...(await valuesOf(node, keys, at)));
    if (keys.length < PAGE_SIZE) return values;
    from = keys.at(-1) ?? null;
  }
  throw new NodeFault('malformed', 'the chain has more session keys than can be read');
}

async function valuesOf(node: NodeRpc, keys: readonly string[], at: string): Promise<readonly string[]> {
  const answer = await node.call<
    readonly { readonly changes?: readonly (readonly [string, string | null])[] }[]
  >('state_queryStorageAt', [keys, at]);
  const values = (answer[0]?.changes ?? []).flatMap(([, value]) => value ?? []);
  if (values.length === keys.length) return values.map((value) => hexOf(bytesOfHex(value, 'session keys')));
  throw new NodeFault('malformed', 'the node did not send the session keys that it was asked for');
}

/** A list of accounts, each with its keys; all entries are of one length. */
function queuedSets(bytes: Uint8Array, keyBytes: number): readonly string[] {
  const reader = scaleReader(bytes, 'the queued keys');
  const count = Number(reader.compact());
  if (count === 0) return [];
  const head = count < 64 ? 1 : count < 16_384 ? 2 : 4;
  const accountBytes = (bytes.length - head) / count - keyBytes;
  if (!Number.isInteger(accountBytes) || accountBytes < 1)
    throw new NodeFault('malformed', 'the queued session keys cannot be read');
  return Array.from({ length: count }, () => {
    reader.fixed(accountBytes);
    return hexOf(reader.fixed(keyBytes));
  });
}

/** The single keys of a set, as the runtime reads it. Throws a NodeFault. */
export async function keysOfSet(node: NodeRpc, set: string, at: string): Promise<readonly TypedKey[]> {
  const bytes = bytesOfHex(set, 'session keys');
  const argument = hexOf(Uint8Array.from([...compactLength(bytes.length), ...bytes]));
  const answer = await node.call('state_call', ['SessionKeys_decode_session_keys', argument, at]);
  const reader = scaleReader(bytesOfHex(answer, 'decoded session keys'), 'decoded session keys');
  if (reader.u8() !== 1) throw new NodeFault('malformed', 'the runtime cannot read session keys that it has');
  const keys = reader.list(() => {
    const key = hexOf(reader.bytes());
    return { key, type: Buffer.from(reader.fixed(4)).toString('latin1') };
  });
  reader.end();
  return keys;
}

function compactLength(length: number): readonly number[] {
  if (length < 64) return [length << 2];
  return [((length << 2) & 0xff) | 0b01, length >> 6];
}
