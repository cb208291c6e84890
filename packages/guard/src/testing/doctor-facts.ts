import { dangerOf, fileNameOf } from '../custody/key-name.ts';
import type { DoctorFacts } from '../inspect/inspect.ts';
import type { KeyFile, KeystoreFacts } from '../inspect/keystore.ts';
import { seen } from '../inspect/look.ts';
import type { NodeFacts } from '../inspect/node.ts';
import type { StakingFacts } from '../inspect/staking.ts';
import type { UnitFacts } from '../inspect/unit.ts';

/** The moment of the facts. */
export const NOW_MS = 1_795_160_391_000;

export const GRAN = `0x${'88'.repeat(32)}`;
export const BABE = `0x${'d4'.repeat(32)}`;

export function keyFile(kind: 'gran' | 'babe' | 'audi', publicKey: string): KeyFile {
  const file = fileNameOf({ kind, publicKey });
  return { file, kind, publicKey, danger: dangerOf(kind), uid: 1_000, mode: 0o600, secret: seen(null) };
}

const REST = { foreign: [], meant: [], gated: false };

export function keystore(path: string, changes: Partial<KeystoreFacts> = {}): KeystoreFacts {
  const keys = [keyFile('gran', GRAN), keyFile('babe', BABE)];
  const of = { host: null, path, identity: path, inMemory: false, uid: 1_000, mode: 0o700, keys };
  return { ...of, ...REST, ...changes };
}

export function nodeFacts(address: string, changes: Partial<NodeFacts> = {}): NodeFacts {
  return {
    ...{ address, version: '1.24.0-abcdef', peerId: `12D3KooW-${address}`, best: 1_003, finalized: 1_000 },
    listens: [`/ip4/10.0.0.1/tcp/30333/p2p/12D3KooW-${address}`],
    ...{ peers: 12, syncing: false, shouldHavePeers: true, roles: ['Authority'] },
    ...changes,
  };
}

export function unitFacts(changes: Partial<UnitFacts> = {}): UnitFacts {
  return {
    ...{ name: 'polkadot.service', state: 'active', file: 'enabled', restart: 'always' },
    ...{ restartMs: 120_000, watchdogMs: null, signs: true, guarded: false, password: false, startedBy: [] },
    atBoot: changes.file === undefined || changes.file === 'enabled',
    ...changes,
  };
}

const DOT = 10n ** 10n;

export function stakingFacts(changes: Partial<StakingFacts> = {}): StakingFacts {
  return {
    ...{ address: 'ws://hub', token: { symbol: 'DOT', decimals: 10 }, era: 1_900, depth: 84 },
    ...{ bonded: 20_000n * DOT, floor: 10_000n * DOT, unpaid: [{ era: 1_898, pages: 1 }] },
    points: { own: 400, earning: 590, seats: 600, elected: true },
    ...changes,
  };
}

/** A validator without a fault, with every input given. */
export function healthyFacts(): DoctorFacts {
  const keys = [
    { kind: 'gran', publicKey: GRAN },
    { kind: 'babe', publicKey: BABE },
  ];
  return {
    atMs: NOW_MS,
    places: ['keystore /keys', 'keystore /other', 'node ws://own', 'rpc ws://other'],
    keystores: [
      seen(keystore('/keys')),
      seen(keystore('/other', { host: 'old', keys: [keyFile('gran', `0x${'11'.repeat(32)}`)] })),
    ],
    sealed: seen([]),
    session: seen({ validator: '5Own', registered: keys, active: keys, queued: keys }),
    held: seen({ address: 'ws://own', keys: keys.map((key) => ({ ...key, held: true })) }),
    staking: seen(stakingFacts()),
    blocks: seen({
      ...{ engine: 'babe', own: BABE, authorities: 4, blocks: 60, authored: 15 },
      lastAuthoredMs: NOW_MS - 8_000,
    }),
    votes: seen({
      own: GRAN,
      authorities: 4,
      rounds: 3,
      voted: 3,
      later: 1,
      votedLater: 1,
      listenedMs: 2_000,
    }),
    unit: seen(unitFacts()),
    otherUnits: [seen({ ...unitFacts({ file: 'disabled', state: 'inactive' }), host: 'old' })],
    starters: seen({ starters: [], upgrade: null, closed: [], unknown: [] }),
    processes: seen({ nodes: [], mounts: [], dataRoots: [], guards: [], closed: 0 }),
    ...{ further: [], secondUnits: [], unguarded: false, searched: seen(null) },
    own: seen(nodeFacts('ws://own')),
    ownIsDown: false,
    others: [seen(nodeFacts('ws://other'))],
    clock: seen({ slotMs: 6_000, agesMs: [400], lastAgeMs: 1_900 }),
    exposed: seen([{ address: '10.0.0.1:9944', unsafe: seen('closed') }]),
    disk: seen({ path: '/db', freeBytes: 500 * 2 ** 30, totalBytes: 1_000 * 2 ** 30 }),
    database: seen({ path: '/db', newestMs: NOW_MS }),
    diskSync: seen({ path: '/srv', samples: 200, p99Ms: 4 }),
  };
}
