import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { createVirtualClock, type VirtualClock } from '@watchbill/base/testing';
import { keyNameOf } from '../custody/key-name.ts';
import type { OpenFolder } from '../custody/open-folder.ts';
import type { OpenKey } from '../custody/sealed-folder.ts';
import { GuardFault } from '../fault.ts';
import type { ProcessEnd } from '../node/process.ts';
import type { ContinuityToken } from '../restart/continuity.ts';
import { type FakeRpc, fakeRpc } from '../testing/fake-chain.ts';
import { type GuardEvents, type GuardParts, runGuard } from './guard.ts';
import { DEFAULT_RULES, type Verdict } from './verdict.ts';

const keyOf = (kind: string, digits: string): OpenKey => ({
  name: keyNameOf(`${Buffer.from(kind).toString('hex')}${digits.repeat(32)}`) ?? assert.fail(kind),
  content: '"//Test"',
});
const KEYS = [keyOf('aura', 'a1'), keyOf('gran', 'a2'), keyOf('audi', 'a3')];
const VOTER = KEYS[1]?.name.publicKey ?? '';

/** A guard over fakes: a folder, files and a node process in memory, and three nodes of one chain. */
interface Ground {
  readonly clock: VirtualClock;
  readonly open: Set<string>;
  /** Steps of processes and of the folder, in their order. */
  readonly steps: string[];
  readonly own: FakeRpc;
  readonly witnesses: readonly FakeRpc[];
  readonly stop: AbortController;
  readonly running: Promise<void>;
  /** Ends the present process of the node, as a crash does. */
  crash(): void;
  kinds(): readonly string[];
  said(kind: string): string;
  token: ContinuityToken | null;
  marks: bigint[];
}

type Seen = Pick<Ground, 'open' | 'steps'>;

function folderInMemory({ open, steps }: Seen): OpenFolder {
  return {
    list: async () => [...open],
    place: async ({ name }) => void open.add(name.file),
    withdraw: async ({ file }) => void open.delete(file),
    clear: async () => {
      steps.push(`clear ${open.size}`);
      open.clear();
    },
  };
}

function fakeProcess({ open, steps }: Seen) {
  const { promise: ended, resolve: finish } = Promise.withResolvers<ProcessEnd>();
  steps.push('start');
  const stop = async (): Promise<ProcessEnd> => {
    steps.push(`stop with ${open.size} open`);
    finish({ code: 0, signal: null });
    return ended;
  };
  return { node: { pid: 7, ended, stop }, finish };
}

const SILENT: GuardEvents = {
  started: () => undefined,
  ended: () => undefined,
  continuity: () => undefined,
  allowed: () => undefined,
  unread: () => undefined,
  verdicts: () => undefined,
};

function start(t: TestContext, over: Partial<GuardParts> = {}): Ground {
  const clock = createVirtualClock({ flowing: false });
  const [own, ...witnesses] = [0, 1, 2].map(() => fakeRpc(clock, VOTER)) as [FakeRpc, FakeRpc, FakeRpc];
  let verdicts: readonly Verdict[] = [];
  let end: (end: ProcessEnd) => void = () => undefined;
  const ground = {
    open: new Set<string>(),
    steps: [] as string[],
    token: null as ContinuityToken | null,
    marks: [] as bigint[],
  };
  const folder = folderInMemory(ground);
  const parts: GuardParts = {
    ...{ clock, folder, keys: KEYS, rules: DEFAULT_RULES, own: own.rpc, boot: 'boot-1' },
    witnesses: witnesses.map(({ rpc }, index) => ({ name: `node-${index + 1}`, rpc })),
    marks: { read: () => ground.marks.at(-1) ?? null, write: (mark) => void ground.marks.push(mark) },
    token: {
      read: () => ground.token,
      write: (token) => {
        ground.token = token;
      },
      remove: () => {
        ground.token = null;
      },
    },
    allowed: () => null,
    uptimeMs: () => clock.monotonicMs(),
    database: () => ({ device: 1n, inode: 2n, bornNs: 3n }),
    start: async () => {
      const { node, finish } = fakeProcess(ground);
      end = finish;
      return node;
    },
    events: {
      ...SILENT,
      verdicts: (all) => {
        verdicts = all;
      },
    },
    ...over,
  };
  const stop = new AbortController();
  const running = runGuard(parts, stop.signal);
  running.catch(() => undefined);
  t.after(async () => {
    stop.abort();
    // Calls that are under way end first.
    await clock.advance(120_000);
    await running.catch(() => undefined);
  });
  const kindOf = (file: string): string => keyNameOf(file)?.kind ?? file;
  return Object.assign(ground, {
    ...{ clock, own, witnesses, stop, running },
    crash: () => end({ code: null, signal: 'SIGKILL' as const }),
    kinds: () => [...ground.open].map(kindOf).toSorted(),
    said: (kind: string) => verdicts.find(({ name }) => name.kind === kind)?.say ?? 'no verdict',
  });
}

describe('the guard', () => {
  it('starts the node without keys, and opens each kind when its rule holds', async (t) => {
    const ground = start(t);
    await ground.clock.advance(2_000);
    assert.deepEqual(ground.kinds(), ['audi']);
    assert.match(ground.said('gran'), /waits until 2 independent nodes finalise a block/);
    await ground.clock.advance(40_000);
    assert.deepEqual(ground.kinds(), ['audi', 'aura', 'gran']);
    assert.ok(ground.marks.length > 0, 'the mark is durable');
  });

  it('opens keys at once after a crash, and waits again after a stop by a person', async (t) => {
    const ground = start(t);
    await ground.clock.advance(42_000);
    ground.crash();
    await ground.clock.advance(500);
    assert.deepEqual(ground.kinds(), [], 'no key lies open without a node');
    await ground.clock.advance(2_000);
    assert.ok(ground.kinds().includes('gran'));
    assert.equal(ground.said('gran'), 'the database continues from the last run');
    ground.stop.abort();
    await ground.clock.advance(1_000);
    await ground.running;
    assert.equal(ground.token, null);
    assert.deepEqual(ground.kinds(), []);
    assert.match(ground.steps.at(-2) ?? '', /^stop with/);
  });

  it('leaves no token while votes still wait, so that a crash then does not end the wait', async (t) => {
    const ground = start(t);
    await ground.clock.advance(3_000);
    assert.equal(ground.token, null);
    ground.crash();
    await ground.clock.advance(4_000);
    assert.deepEqual(ground.kinds(), ['audi']);
  });

  it('forgets the token of a database that went back, so that a second crash does not end the wait', async (t) => {
    const ground = start(t);
    await ground.clock.advance(42_000);
    if (ground.token === null) assert.fail('no token');
    ground.token = { ...ground.token, finalized: ground.token.finalized + 3n };
    ground.crash();
    await ground.clock.advance(2_000);
    assert.deepEqual(ground.kinds(), ['audi'], 'the node starts below the token');
    ground.crash();
    await ground.clock.advance(6_000);
    assert.deepEqual(ground.kinds(), ['audi'], 'by now the node has passed the block of the token');
  });

  it('waits for ever while one witness is silent, and opens keys that author after a minute', async (t) => {
    const ground = start(t);
    ground.witnesses[1]?.silent(true);
    await ground.clock.advance(55_000);
    assert.deepEqual(ground.kinds(), ['audi']);
    await ground.clock.advance(600_000);
    assert.deepEqual(ground.kinds(), ['audi', 'aura']);
    assert.match(ground.said('gran'), /1 of 2 did/);
  });

  it('takes keys away from a clone, which any node may hear', async (t) => {
    const ground = start(t);
    ground.witnesses[0]?.hearsVotes();
    await ground.clock.advance(90_000);
    assert.deepEqual(ground.kinds(), ['audi']);
    assert.match(ground.said('aura'), /another process votes with this key: node-1 saw its vote/);
  });

  it('takes the key of an author away when the clock steps back', async (t) => {
    const ground = start(t);
    await ground.clock.advance(45_000);
    assert.ok(ground.kinds().includes('aura'));
    ground.clock.step(-30_000);
    await ground.clock.advance(250);
    assert.ok(!ground.kinds().includes('aura'));
    await ground.clock.advance(20_000);
    assert.ok(!ground.kinds().includes('aura'), 'slots below the mark may be signed already');
    await ground.clock.advance(40_000);
    assert.ok(ground.kinds().includes('aura'));
  });

  it('takes all keys away before it stops a node, if custody fails', async (t) => {
    const full = new GuardFault('state', 'the disk is full', 'free some space');
    const ground = start(t, {
      marks: {
        read: () => null,
        write: () => {
          throw full;
        },
      },
    });
    await ground.clock.advance(60_000);
    await assert.rejects(ground.running, full);
    assert.deepEqual(ground.steps.slice(-3), ['clear 1', 'stop with 0 open', 'clear 0']);
  });
});
