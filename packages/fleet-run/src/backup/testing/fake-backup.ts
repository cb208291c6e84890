import { createVirtualClock, type VirtualClock } from '@watchbill/base/testing';
import type { Manifest } from '../manifest.ts';
import type { NodeControl, RecordFile, Taking } from '../port.ts';
import type { RunParts } from '../run.ts';
import type { NodeFacts, Running, RunRecord } from '../run-state.ts';
import { FACTS, manifestFor } from './manifest.ts';

/** A world of one node and one archive, in memory; it can be cut off at any call, as a process that is killed is. */
export interface FakeGround {
  running: Running;
  /** The state of the node's database; it changes whenever the node runs. */
  content: number;
  /** The content in the archive. */
  copied: number | null;
  published: Manifest[];
  facts: NodeFacts;
  /** Names of calls that fail. */
  readonly failing: Set<string>;
  readonly calls: string[];
  /** A new process over the same world, which is killed before its call of that number (from 0); null: never. */
  readonly parts: (killAt: number | null) => RunParts;
}

/** Virtual time that passes by itself, from 2026-11-21 00:00 UTC. */
export function backupClock(): VirtualClock {
  return createVirtualClock({ startMs: Date.UTC(2026, 10, 21), flowing: true });
}

export function fakeGround(): FakeGround {
  let record: RunRecord | null = null;
  const ground: FakeGround = {
    running: 'yes',
    content: 1,
    copied: null,
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
        ground.calls.push(name);
        if (ground.failing.has(name)) throw new Error(`${name} fails`);
      };
      return partsOf(ground, call, {
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
  return ground;
}

function partsOf(
  ground: FakeGround,
  call: (name: string) => Promise<void>,
  file: RecordFile<RunRecord>,
): RunParts {
  const { files } = manifestFor();
  const taking: Taking = {
    address: 'folder:/fake',
    ready: () => call('ready'),
    look: async () => {
      await call('look');
      const leftOut = [String(ground.content)];
      return {
        chainId: 'x',
        database: 'rocksdb',
        files,
        volumes: [],
        leftOut,
        tool: { kind: 'folder', version: '' },
      };
    },
    copy: async () => {
      await call('copy');
      // A copy of a running node is useless.
      ground.copied = ground.running === 'no' ? ground.content : Number.NaN;
    },
    verify: async ({ leftOut }) => {
      await call('verify');
      if (String(ground.copied) !== leftOut[0]) throw new Error('the archive has something else');
    },
    publish: async (manifest) => {
      await call('publish');
      if (String(ground.copied) !== manifest.leftOut[0]) throw new Error('published what was not copied');
      ground.published = [manifest];
    },
  };
  return {
    control: controlOf(ground, call),
    taking,
    file,
    clock: backupClock(),
    anyRole: false,
    startMs: 200,
    tell: () => undefined,
  };
}

function controlOf(ground: FakeGround, call: (name: string) => Promise<void>): NodeControl {
  return {
    network: 'harbour',
    node: 'backup-here-0',
    pool: 'backup',
    role: 'backup',
    pruning: 256,
    running: async () => {
      await call('running');
      return ground.running;
    },
    facts: async () => {
      await call('facts');
      if (ground.running !== 'yes') throw new Error('no answer');
      return ground.facts;
    },
    signing: async () => ({ signs: false, keys: [] }),
    hashOf: async () => ground.facts.finalised.hash,
    stop: async () => {
      await call('stop');
      ground.running = 'no';
    },
    start: async () => {
      await call('start');
      if (ground.running !== 'yes') ground.content += 1;
      ground.running = 'yes';
    },
  };
}
