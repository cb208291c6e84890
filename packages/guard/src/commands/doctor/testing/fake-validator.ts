import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NodeFault } from '@watchbill/chain';
import { writeAddress } from '@watchbill/chain/address';
import { publicKeyOfUri, type SessionScheme } from '@watchbill/chain/keys';
import { type FakeNode, fakeState, startFakeNode } from '@watchbill/chain/testing';
import type { Clock } from '@watchbill/kit';
import { authorities, hashOf, le } from '../../../testing/fake-chain.ts';

const SCHEMES: Readonly<Record<string, SessionScheme>> = {
  ...{ gran: 'ed25519', babe: 'sr25519', para: 'sr25519', asgn: 'sr25519', audi: 'sr25519', beef: 'ecdsa' },
};
/** Names in the runtime, in the order of its session keys. */
const FIELDS = ['grandpa', 'babe', 'para_validator', 'para_assignment', 'authority_discovery', 'beefy'];

const derived = new Map<string, ReadonlyMap<string, string>>();

/** The session keys of a suri, by kind. They are derived once, because that is slow. */
export function sessionKeysOf(suri: string): ReadonlyMap<string, string> {
  const known = derived.get(suri);
  if (known !== undefined) return known;
  const keys = new Map(
    Object.entries(SCHEMES).map(([kind, scheme]) => [kind, publicKeyOfUri(scheme, suri) ?? '']),
  );
  derived.set(suri, keys);
  return keys;
}

/** Writes a keystore as a node does. Returns its path. */
export function writeKeystore(path: string, suri: string): string {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  for (const [kind, key] of sessionKeysOf(suri)) {
    const file = join(path, `${Buffer.from(kind).toString('hex')}${key.slice(2)}`);
    writeFileSync(file, JSON.stringify(suri), { mode: 0o600 });
  }
  return path;
}

/** A healthy validator: a test seeds faults. */
const HEALTHY = {
  ...{ peers: 12, syncing: false, version: '1.24.0-abcdef', peerId: '12D3KooWOwn', roles: ['Authority'] },
  ...{ listens: '/ip4/10.0.0.1/tcp/30333', genesis: `0x${'91'.repeat(32)}` },
  /** Finalised blocks below the best one. */
  lag: 2,
  /** It is in the set since the last block. */
  joined: false,
  ...{ authors: true, votes: true },
  /** Null: it registered none. */
  registered: '//Alice' as string | null,
  /** The node holds keys, and whose. */
  ...{ holds: true, keys: '//Alice' },
  /** How far the clock of the chain is from that of the test, in milliseconds. */
  clockMs: 0,
};
export type Seeds = typeof HEALTHY;

export const ACCOUNT = `0x${'ab'.repeat(32)}`;
export const VALIDATOR = writeAddress({ prefix: 42, publicKey: ACCOUNT });

const SLOT_MS = 1_000;
const ROUND_MS = 500;
/** The slot of block 0. */
const FIRST_SLOT = 1_700_000_000;
const AUTHORITIES = ['//Alice', '//Bob', '//Charlie', '//Dave'].map(sessionKeysOf);

/** A node of a chain with four authorities, a block each second, and a validator with the keys of //Alice. */
export async function startFakeValidator(clock: Clock, changes: Partial<Seeds> = {}): Promise<FakeNode> {
  const seeds = { ...HEALTHY, ...changes };
  const state = fakeState({ runtime: 'relay-2026', genesis: seeds.genesis });
  const keys = sessionKeysOf(seeds.registered ?? '//Alice');
  if (seeds.registered !== null) {
    const record = Object.fromEntries([...keys.values()].map((key, at) => [FIELDS[at] ?? '', key]));
    state.set('Session', 'NextKeys', [[[ACCOUNT], record]]);
    state.set('Session', 'QueuedKeys', [[[], [[ACCOUNT, record]]]]);
    // In the order of the authorities: the validator has index 0.
    state.set('Session', 'Validators', [[[], [ACCOUNT, ...[1, 2, 3].map(hashOf)]]]);
  }
  const nowMs = (): number => clock.nowMs() + seeds.clockMs;
  const best = (): number => Math.floor(nowMs() / SLOT_MS) - FIRST_SLOT;
  const hashAt = (height: number): string => (height === 0 ? seeds.genesis : hashOf(height));
  const joinedAt = seeds.joined ? best() : 0;
  const epochOf = (set: typeof AUTHORITIES): string =>
    `0x${le(1)}${le(FIRST_SLOT + best())}${le(1_000_000_000)}${keysOf('babe', set)}${'00'.repeat(32)}${le(1)}${le(4)}01`;
  const apis: Readonly<Record<string, string>> = {
    BabeApi_configuration: `0x${le(SLOT_MS)}${le(600)}${le(1)}${le(4)}${keysOf('babe')}${'00'.repeat(33)}`,
    BabeApi_current_epoch: epochOf(AUTHORITIES),
    GrandpaApi_grandpa_authorities: `0x${keysOf('gran')}`,
    SessionKeys_decode_session_keys: decodedKeys(keys),
  };
  const earlier: typeof apis = { ...apis, BabeApi_current_epoch: epochOf([...AUTHORITIES].reverse()) };
  const { state_getRuntimeVersion, state_getStorageHash, state_getStorage, state_call } = state.answers;
  return startFakeNode({
    ...{ state_getRuntimeVersion, state_getStorageHash, state_getStorage },
    state_call: ([api, argument, at]) =>
      (Number(at) < joinedAt ? earlier : apis)[String(api)] ?? state_call([api, argument, at]),
    system_version: () => seeds.version,
    system_localPeerId: () => seeds.peerId,
    system_localListenAddresses: () => [`${seeds.listens}/p2p/${seeds.peerId}`],
    system_nodeRoles: () => seeds.roles,
    system_health: () => ({ peers: seeds.peers, isSyncing: seeds.syncing, shouldHavePeers: true }),
    chain_getBlockHash: ([height]) =>
      Array.isArray(height) ? height.map(hashAt) : hashAt(Number(height ?? best())),
    chain_getFinalizedHead: () => hashAt(best() - seeds.lag),
    chain_getHeader: ([hash]) => header(Number(BigInt(String(hash))), seeds.authors),
    grandpa_roundState: () => roundState(Math.floor(clock.nowMs() / ROUND_MS) % 1_000_000, seeds.votes),
    author_hasKey: ([key, kind]) => seeds.holds && sessionKeysOf(seeds.keys).get(String(kind)) === key,
    system_peers: () => {
      throw new NodeFault('refused', 'RPC call is unsafe to be called externally');
    },
  });
}

function header(number: number, isAuthor: boolean): unknown {
  // The validator has index 0.
  const author = isAuthor ? number % 4 : 1 + (number % 3);
  const logs = [`0x064241424534${'02'}${le(author, 4)}${le(FIRST_SLOT + number)}`];
  const roots = { stateRoot: hashOf(1), extrinsicsRoot: hashOf(1) };
  return { number: `0x${number.toString(16)}`, parentHash: hashOf(number - 1), ...roots, digest: { logs } };
}

function roundState(round: number, isVoting: boolean): unknown {
  const own = writeAddress({ prefix: 42, publicKey: sessionKeysOf('//Alice').get('gran') ?? '' });
  const votes = { currentWeight: isVoting ? 4 : 3, missing: isVoting ? [] : [own] };
  const none = { currentWeight: 0, missing: [own] };
  const base = { totalWeight: 4, thresholdWeight: 3 };
  return {
    setId: 0,
    best: { ...base, round, prevotes: none, precommits: none },
    background: [{ ...base, round: round - 1, prevotes: votes, precommits: votes }],
  };
}

const keysOf = (kind: 'babe' | 'gran', set = AUTHORITIES): string =>
  authorities(set.map((keys) => keys.get(kind)));

/** SCALE: an option of a list of keys with their types. */
function decodedKeys(keys: ReadonlyMap<string, string>): string {
  const items = [...keys].map(([kind, key]) => {
    const bytes = (key.length - 2) / 2;
    return `${le(bytes * 4, 1)}${key.slice(2)}${Buffer.from(kind).toString('hex')}`;
  });
  return `0x01${le(keys.size * 4, 1)}${items.join('')}`;
}
