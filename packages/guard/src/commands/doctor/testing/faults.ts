import { cpSync, mkdirSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import type { StakingSeeds } from './fake-staking.ts';
import { type Seeds, writeKeystore } from './fake-validator.ts';
import { fakeSsh, fileOf, type Stage } from './stage.ts';

/** A fault of a machine or node that has no other. */
interface Place {
  /** Findings that follow from it, in the order of the report. */
  readonly also?: readonly string[];
  /** Faults of the own node, and of the other node of the chain. */
  readonly own?: Partial<Seeds>;
  readonly other?: Partial<Seeds>;
  /** Faults of stake and rewards. */
  readonly staking?: Partial<StakingSeeds>;
  /** Properties of the unit. */
  readonly unit?: Readonly<Record<string, string>>;
  /** Files of the machine, and permissions of files. */
  readonly files?: Readonly<Record<string, string>>;
  readonly modes?: Readonly<Record<string, number>>;
  /** Any other fault. */
  readonly seed?: (at: Stage) => unknown;
  readonly flags?: readonly string[];
}

/** `finds`: letter and check of the finding that it must give. */
const fault = (name: string, finds: string, place: Place) => ({ name, finds, ...place });

function emptyFolder(path: string): void {
  rmSync(path, { recursive: true });
  mkdirSync(path, { mode: 0o700 });
}

const [GRAN, BABE] = [`keystore/${fileOf('gran')}`, `keystore/${fileOf('babe')}`];
const NOTIFY = '/usr/local/bin/master.sh';

/** The seeded faults. */
export const FAULTS = [
  fault('a key file that all can read, in an open folder', 'E keystore-modes', {
    modes: { keystore: 0o755, [GRAN]: 0o644 },
  }),
  fault('a key file that all can read, in a closed folder', 'C keystore-modes', { modes: { [GRAN]: 0o644 } }),
  fault('a key folder that all can write', 'E keystore-modes', { modes: { keystore: 0o777 } }),
  fault('a key file with the secret of another key', 'D keystore-secrets', { files: { [BABE]: '"//Bob"' } }),
  fault('a key file that is empty', 'D keystore-secrets', { files: { [GRAN]: '' } }),
  fault('a copy of the keystore in a backup on this machine', 'F keystore-shared', {
    seed: ({ folder, keystore }) => cpSync(keystore, join(folder, 'backup'), { recursive: true }),
    flags: ['--keystore', 'backup'],
  }),
  fault('a sealed key that is still in the keystore', 'E keystore-outside-guard', {
    files: { [`sealed/${fileOf('gran')}.age`]: '' },
    flags: ['--sealed', 'sealed'],
  }),
  fault('a key that the node holds in memory', 'E keystore-memory', {
    seed: ({ folder }) => rmSync(join(folder, BABE)),
  }),
  fault('a container that mounts one key file', 'E keystore-file-mounts', {
    files: {
      'root/proc/77/ns/mnt': '-> mnt:[4026532291]',
      'root/proc/77/mountinfo': `911 702 8:1 /srv/my\\040keys/a /data/${GRAN} rw - ext4 /dev/sda1 rw\n`,
    },
  }),
  fault('no session keys on chain', 'D session-registered', {
    own: { registered: null },
    other: { registered: null },
  }),
  fault('keys on chain that the node does not hold', 'D session-held', { other: { registered: '//Bob' } }),
  fault('new keys that were never registered', 'C session-strays', {
    seed: ({ keystore }) => writeKeystore(keystore, '//Bob'),
  }),
  fault('old keys that were removed while a rotation is under way', 'D session-held', {
    own: { registered: '//Bob', keys: '//Bob' },
    other: { registered: '//Bob' },
    seed: ({ keystore }) => {
      emptyFolder(keystore);
      writeKeystore(keystore, '//Bob');
    },
  }),
  fault('a node without its keys', 'D session-held', { own: { holds: false } }),
  fault('a node that is down while its key votes', 'F duties-elsewhere', { seed: ({ own }) => own.close() }),
  fault('an active validator without blocks', 'D duties-blocks', { other: { authors: false } }),
  fault('an active validator without votes', 'D duties-votes', { other: { votes: false } }),
  fault('a stake below the floor', 'D staking-bond', { staking: { bonded: 9_999 } }),
  fault('a stake with a small buffer', 'C staking-bond', { staking: { bonded: 10_004 } }),
  fault('a stash without a bond', 'D staking-bond', { staking: { bonded: null } }),
  fault('an elected validator without points', 'D staking-points', { staking: { points: 0 } }),
  fault('a page of rewards that expires in 21 eras', 'C staking-payouts', { staking: { unpaid: [1_837] } }),
  fault('rewards that expire with this era', 'D staking-payouts', { staking: { unpaid: [1_816, 1_899] } }),
  fault('an enabled unit on a machine without keys', 'E unit-enabled', {
    ...{ also: ['D session-held'], own: { holds: false } },
    seed: ({ keystore }) => emptyFolder(keystore),
  }),
  fault('an enabled unit on a retired machine', 'E unit-elsewhere', {
    ...{ seed: fakeSsh, flags: ['--unit', 'validator@retired:polkadot.service'] },
  }),
  fault('a timer that starts the node', 'E unit-started', { unit: { TriggeredBy: 'polkadot.timer' } }),
  fault('a notify script of keepalived that starts the node', 'E unit-started', {
    files: {
      'root/etc/keepalived/keepalived.conf': `  notify_master "${NOTIFY}"\n`,
      [`root${NOTIFY}`]: '#!/bin/sh\nsystemctl start polkadot\n',
    },
  }),
  fault('a resource of Pacemaker that starts the node', 'E unit-started', {
    files: {
      'root/var/lib/pacemaker/cib/cib.xml': '<primitive class="systemd" id="node" type="polkadot"/>\n',
    },
  }),
  fault('a restart within the round', 'E unit-restart-delay', { unit: { RestartUSec: '100ms' } }),
  fault('a watchdog of systemd', 'E unit-watchdog', { unit: { WatchdogUSec: '30s' } }),
  fault('no restart', 'C unit-restart', { unit: { Restart: 'no' } }),
  fault('a unit that failed', 'D unit-state', { unit: { ActiveState: 'failed' } }),
  fault('a node without peers', 'D node-peers', { own: { peers: 0 } }),
  fault('a node with one peer', 'C node-peers', { own: { peers: 1 } }),
  fault('a node without --validator', 'D node-role', { own: { roles: ['Full'] } }),
  fault('a node that syncs', 'D node-syncing', { own: { syncing: true } }),
  fault('finality that lags', 'C node-finality', { own: { lag: 30 }, other: { lag: 30 } }),
  fault('no finality', 'D node-finality', { own: { lag: 200 }, other: { lag: 200 } }),
  fault('a node behind the others', 'D node-behind', { own: { lag: 18 } }),
  fault('a clock that is behind', 'D node-clock', { own: { clockMs: 3_000 } }),
  fault('an old version', 'C node-version', { own: { version: '1.22.1-abcdef' } }),
  fault('a cloned node key', 'E node-key-cloned', { own: { peerId: '12D3KooWOther' } }),
  fault('a machine image that is older than the last block of its key', 'E database-age', {
    seed: ({ folder }) => utimesSync(join(folder, 'database/000007.log'), 1_699_900_000, 1_699_900_000),
  }),
  fault('a disk that takes a second for a write', 'D disk-sync', {
    ...{ seed: ({ slowDown }) => slowDown(1_001), flags: ['--measure-disk', '.'] },
  }),
];
