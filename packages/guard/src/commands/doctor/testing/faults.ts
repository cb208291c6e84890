import { chmodSync, cpSync, mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { StakingSeeds } from './fake-staking.ts';
import { type Seeds, writeKeystore } from './fake-validator.ts';
import { fakeSsh, fileOf, type Stage } from './stage.ts';

/** A fault that a test puts on a healthy machine or node. */
export interface Fault {
  readonly name: string;
  /** Letter and check of the finding that it must give. */
  readonly finds: string;
  /** Findings that follow from it, in the order of the report. */
  readonly also?: readonly string[];
  /** Faults of the own node, and of the other node of the chain. */
  readonly own?: Partial<Seeds>;
  readonly other?: Partial<Seeds>;
  /** Faults of stake and rewards. */
  readonly staking?: Partial<StakingSeeds>;
  /** Puts the fault on the machine. */
  readonly seed?: (at: Stage) => void | Promise<void>;
  readonly flags?: readonly string[];
}

function fault(
  name: string,
  finds: string,
  seed: NonNullable<Fault['seed']>,
  more: Pick<Fault, 'also' | 'flags'> = {},
): Fault {
  return { name, finds, seed, ...more };
}

function emptyFolder(path: string): void {
  rmSync(path, { recursive: true });
  mkdirSync(path, { mode: 0o700 });
}

/** Writes a file below the root folder of the machine. */
function configure({ root }: Stage, path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

/** A process in a container, whose mounts are these. */
function container({ root }: Stage, mounts: string): void {
  const proc = join(root, 'proc', '77');
  mkdirSync(join(proc, 'ns'), { recursive: true });
  symlinkSync('mnt:[4026532291]', join(proc, 'ns', 'mnt'));
  writeFileSync(join(proc, 'mountinfo'), mounts);
}

const KEY_FAULTS: readonly Fault[] = [
  {
    name: 'a key file that all can read, in an open folder',
    finds: 'E keystore-modes',
    seed: ({ keystore }) => {
      chmodSync(keystore, 0o755);
      chmodSync(join(keystore, fileOf('gran')), 0o644);
    },
  },
  fault('a key file that all can read, in a closed folder', 'C keystore-modes', ({ keystore }) =>
    chmodSync(join(keystore, fileOf('gran')), 0o644),
  ),
  fault('a key folder that all can write', 'E keystore-modes', ({ keystore }) => chmodSync(keystore, 0o777)),
  fault('a key file with the secret of another key', 'D keystore-secrets', ({ keystore }) =>
    writeFileSync(join(keystore, fileOf('babe')), '"//Bob"'),
  ),
  fault('a key file that is empty', 'D keystore-secrets', ({ keystore }) =>
    writeFileSync(join(keystore, fileOf('gran')), ''),
  ),
  fault(
    'a copy of the keystore in a backup on this machine',
    'F keystore-shared',
    ({ folder, keystore }) => cpSync(keystore, join(folder, 'backup'), { recursive: true }),
    { flags: ['--keystore', 'backup'] },
  ),
  {
    name: 'a sealed key that is still in the keystore',
    finds: 'E keystore-outside-guard',
    seed: ({ folder }) => {
      mkdirSync(join(folder, 'sealed'));
      writeFileSync(join(folder, 'sealed', `${fileOf('gran')}.age`), '');
    },
    flags: ['--sealed', 'sealed'],
  },
  fault('a key that the node holds in memory', 'E keystore-memory', ({ keystore }) =>
    rmSync(join(keystore, fileOf('babe'))),
  ),
  {
    name: 'a container that mounts one key file',
    finds: 'E keystore-file-mounts',
    seed: (at) =>
      container(
        at,
        `911 702 8:1 /srv/my\\040keys/a /data/keystore/${fileOf('gran')} rw - ext4 /dev/sda1 rw\n`,
      ),
  },
];

const CHAIN_FAULTS: readonly Fault[] = [
  {
    name: 'no session keys on chain',
    finds: 'D session-registered',
    own: { registered: null },
    other: { registered: null },
  },
  {
    name: 'keys on chain that the node does not hold',
    finds: 'D session-held',
    other: { registered: '//Bob' },
  },
  fault(
    'new keys that were never registered',
    'C session-strays',
    ({ keystore }) => void writeKeystore(keystore, '//Bob'),
  ),
  {
    name: 'old keys that were removed while a rotation is under way',
    finds: 'D session-held',
    own: { registered: '//Bob', keys: '//Bob' },
    other: { registered: '//Bob' },
    seed: ({ keystore }) => {
      emptyFolder(keystore);
      writeKeystore(keystore, '//Bob');
    },
  },
  { name: 'a node without its keys', finds: 'D session-held', own: { holds: false } },
  fault('a node that is down while its key votes', 'F duties-elsewhere', ({ own }) => own.close()),
  { name: 'an active validator without blocks', finds: 'D duties-blocks', other: { authors: false } },
  { name: 'an active validator without votes', finds: 'D duties-votes', other: { votes: false } },
];

const STAKING_FAULTS: readonly Fault[] = [
  { name: 'a stake below the floor', finds: 'D staking-bond', staking: { bonded: 9_999 } },
  { name: 'a stake with a small buffer', finds: 'C staking-bond', staking: { bonded: 10_004 } },
  { name: 'a stash without a bond', finds: 'D staking-bond', staking: { bonded: null } },
  { name: 'an elected validator without points', finds: 'D staking-points', staking: { points: 0 } },
  {
    name: 'a page of rewards that expires in 21 eras',
    finds: 'C staking-payouts',
    staking: { unpaid: [1_837] },
  },
  {
    name: 'rewards that expire with this era',
    finds: 'D staking-payouts',
    staking: { unpaid: [1_816, 1_899] },
  },
];

const UNIT_FAULTS: readonly Fault[] = [
  {
    name: 'an enabled unit on a machine without keys',
    finds: 'E unit-enabled',
    also: ['D session-held'],
    own: { holds: false },
    seed: ({ keystore }) => emptyFolder(keystore),
  },
  fault('an enabled unit on a retired machine', 'E unit-elsewhere', (at) => void fakeSsh(at), {
    flags: ['--unit', 'validator@retired:polkadot.service'],
  }),
  fault('a timer that starts the node', 'E unit-started', ({ setUnit }) =>
    setUnit({ TriggeredBy: 'polkadot.timer' }),
  ),
  {
    name: 'a notify script of keepalived that starts the node',
    finds: 'E unit-started',
    seed: (at) => {
      configure(at, 'etc/keepalived/keepalived.conf', '  notify_master "/usr/local/bin/master.sh"\n');
      configure(at, 'usr/local/bin/master.sh', '#!/bin/sh\nsystemctl start polkadot\n');
    },
  },
  {
    name: 'a resource of Pacemaker that starts the node',
    finds: 'E unit-started',
    seed: (at) =>
      configure(
        at,
        'var/lib/pacemaker/cib/cib.xml',
        '<primitive class="systemd" id="node" type="polkadot"/>\n',
      ),
  },
  fault('a restart within the round', 'E unit-restart-delay', ({ setUnit }) =>
    setUnit({ RestartUSec: '100ms' }),
  ),
  fault('a watchdog of systemd', 'E unit-watchdog', ({ setUnit }) => setUnit({ WatchdogUSec: '30s' })),
  { name: 'no restart', finds: 'C unit-restart', seed: ({ setUnit }) => setUnit({ Restart: 'no' }) },
  fault('a unit that failed', 'D unit-state', ({ setUnit }) => setUnit({ ActiveState: 'failed' })),
];

const NODE_FAULTS: readonly Fault[] = [
  { name: 'a node without peers', finds: 'D node-peers', own: { peers: 0 } },
  { name: 'a node with one peer', finds: 'C node-peers', own: { peers: 1 } },
  { name: 'a node without --validator', finds: 'D node-role', own: { roles: ['Full'] } },
  { name: 'a node that syncs', finds: 'D node-syncing', own: { syncing: true } },
  { name: 'finality that lags', finds: 'C node-finality', own: { lag: 30 }, other: { lag: 30 } },
  { name: 'no finality', finds: 'D node-finality', own: { lag: 200 }, other: { lag: 200 } },
  { name: 'a node behind the others', finds: 'D node-behind', own: { lag: 18 } },
  { name: 'a clock that is behind', finds: 'D node-clock', own: { clockMs: 3_000 } },
  { name: 'an old version', finds: 'C node-version', own: { version: '1.22.1-abcdef' } },
  { name: 'a cloned node key', finds: 'E node-key-cloned', own: { peerId: '12D3KooWOther' } },
  fault('a machine image that is older than the last block of its key', 'E database-age', ({ folder }) =>
    utimesSync(join(folder, 'database', '000007.log'), 1_699_900_000, 1_699_900_000),
  ),
  fault('a disk that takes a second for a write', 'D disk-sync', ({ slowDown }) => slowDown(1_001), {
    flags: ['--measure-disk', '.'],
  }),
];

/** The seeded faults. */
export const FAULTS: readonly Fault[] = [
  ...KEY_FAULTS,
  ...CHAIN_FAULTS,
  ...STAKING_FAULTS,
  ...UNIT_FAULTS,
  ...NODE_FAULTS,
];
