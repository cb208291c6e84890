import { createVirtualClock, type VirtualClock } from '@watchbill/kit/testing';
import type { Manifest } from '../manifest.ts';
import type { NodeControl, RecordFile, Taking } from '../port.ts';
import type { RunParts } from '../run-backup.ts';
import type { NodeFacts, Running, RunRecord } from '../run-state.ts';
import { FACTS, manifestFor } from './manifest.ts';

/**
 * A world of one node and one archive, in memory; it can be cut off at any call, as a process that is killed
 * is.
 */
export interface FakeBackup {
  running: Running;
  /** The state of the node's database; it changes whenever the node runs. */
  content: number;
  /** The content in the archive. */
  copied: number | null;
  /** The id that it was copied under. */
  copiedAs: string | null;
  /** False: what was copied under an id stays as it is, as a snapshot does. */
  renews: boolean;
  published: Manifest[];
  facts: NodeFacts;
  /** Names of calls that fail. */
  readonly failing: Set<string>;
  readonly calls: string[];
  /**
   * A new process over the same world, which is killed before its call of that number (from 0); null: never.
   */
  readonly parts: (killAt: number | null) => RunParts;
}

/** Virtual time that passes by itself, from 2026-11-21 00:00 UTC. */
export function backupClock(): VirtualClock {
  return createVirtualClock({ startMs: Date.UTC(2026, 10, 21), flowing: true });
}

export function fakeBackup(): FakeBackup {
  let record: RunRecord | null = null;
  const fake: FakeBackup = {
    running: 'yes',
    content: 1,
    copied: null,
    copiedAs: null,
    renews: true,
    published: [],
    facts: FACTS,
    failing: new Set(),
    calls: [],
    parts: (killAt) => {
      let left = killAt ?? Number.POSITIVE_INFINITY;
      /** A killed process gets no answers, and takes no more steps. */
      const call = async (name: string): Promise<void> => {
        if (left <= 0) await new Promise(() => undefined);
        left -= 1;
        fake.calls.push(name);
        if (fake.failing.has(name)) throw new Error(`${name} fails`);
      };
      return partsOf(fake, call, {
        read: () => record,
        write: (next) => {
          if (left > 0) record = next;
        },
        clear: () => {
          if (left > 0) record = null;
        },
      });
    },
  };
  return fake;
}

function partsOf(
  fake: FakeBackup,
  call: (name: string) => Promise<void>,
  file: RecordFile<RunRecord>,
): RunParts {
  const { files } = manifestFor();
  const taking: Taking = {
    address: 'folder:/fake',
    renews: fake.renews,
    ready: () => call('ready'),
    look: async () => {
      await call('look');
      const leftOut = [String(fake.content)];
      return {
        chainId: 'x',
        database: 'rocksdb',
        files,
        volumes: [],
        leftOut,
        tool: { kind: 'folder', version: '' },
      };
    },
    copy: async ({ id }) => {
      await call('copy');
      if (!fake.renews && fake.copiedAs === id) return;
      fake.copiedAs = id;
      // A copy of a running node is useless.
      fake.copied = fake.running === 'no' ? fake.content : Number.NaN;
    },
    verify: async ({ leftOut }) => {
      await call('verify');
      if (String(fake.copied) !== leftOut[0]) throw new Error('the archive has something else');
    },
    has: async ({ leftOut }) => {
      await call('has');
      return String(fake.copied) === leftOut[0];
    },
    publish: async (manifest) => {
      await call('publish');
      if (String(fake.copied) !== manifest.leftOut[0]) throw new Error('published what was not copied');
      fake.published = [manifest];
    },
  };
  return {
    control: controlOf(fake, call),
    taking,
    file,
    clock: backupClock(),
    anyRole: false,
    startMs: 200,
    tell: () => undefined,
  };
}

function controlOf(fake: FakeBackup, call: (name: string) => Promise<void>): NodeControl {
  return {
    network: 'harbour',
    node: 'backup-here-0',
    pool: 'backup',
    role: 'backup',
    pruning: 256,
    running: async () => {
      await call('running');
      return fake.running;
    },
    facts: async () => {
      await call('facts');
      if (fake.running !== 'yes') throw new Error('no answer');
      return fake.facts;
    },
    signing: async () => ({ signs: false, keys: [] }),
    hashOf: async () => fake.facts.finalised.hash,
    stop: async () => {
      await call('stop');
      fake.running = 'no';
    },
    start: async () => {
      await call('start');
      if (fake.running !== 'yes') fake.content += 1;
      fake.running = 'yes';
    },
  };
}
