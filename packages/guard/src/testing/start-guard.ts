import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { NodeRpc } from '@watchbill/chain';
import type { Clock } from '@watchbill/kit';
import { createVirtualClock, type VirtualClock } from '@watchbill/kit/testing';
import { keyNameOf } from '../custody/key-name.ts';
import type { OpenFolder } from '../custody/open-folder.ts';
import type { OpenKey } from '../custody/sealed-folder.ts';
import { noFailpoint } from '../failpoints.ts';
import { GuardFault } from '../fault.ts';
import type { ProcessEnd } from '../node/process.ts';
import type { RoleKeeper } from '../pair/keeper.ts';
import type { RoleStanding } from '../pair/standing.ts';
import { type ContinuityToken, continuitySentence } from '../restart/continuity.ts';
import { runGuard } from '../run/guard.ts';
import type { Latch } from '../run/latch.ts';
import type { Marks } from '../run/memory.ts';
import type { Allowance, GuardEvents, GuardParts } from '../run/parts.ts';
import { chainInMemory } from '../run/shadow-memory.ts';
import { DEFAULT_RULES, type Verdict } from '../run/verdict.ts';
import { type FakeRpc, fakeRpc, type Pace } from './fake-chain.ts';

export const keyOf = (kind: string, digits: string): OpenKey => ({
  name: keyNameOf(`${Buffer.from(kind).toString('hex')}${digits.repeat(32)}`) ?? assert.fail(kind),
  content: '"//Test"',
});
export const KEYS = [keyOf('aura', 'a1'), keyOf('gran', 'a2'), keyOf('audi', 'a3')];
export const VOTER = KEYS[1]?.name.publicKey ?? '';

type Seen = Pick<ReturnType<typeof groundOf>, 'open' | 'steps' | 'foreign'>;

function folderInMemory({ open, steps, foreign }: Seen): OpenFolder {
  return {
    inspect: async () => [...foreign.keys()],
    readNew: async (file) => foreign.get(file) ?? null,
    adopt: async ({ file }) => {
      foreign.delete(file);
      open.add(file);
    },
    place: async ({ name }) => void open.add(name.file),
    withdraw: async ({ file }) => {
      open.delete(file);
      foreign.delete(file);
    },
    clear: async () => {
      steps.push(`clear ${open.size}`);
      open.clear();
      foreign.clear();
    },
  };
}

/** A process of the node. `stop` is what it does when it is stopped; it ends once that calls `end`. */
export function fakeProcess(stop: (end: () => void, deadlineMs: number) => unknown) {
  const { promise: ended, resolve: finish } = Promise.withResolvers<ProcessEnd>();
  const end = (): void => finish({ code: 0, signal: null });
  const stopped = async (deadlineMs: number): Promise<ProcessEnd> => {
    await stop(end, deadlineMs);
    return ended;
  };
  return { finish, node: { pid: 7, ended, stop: stopped, refuseOtherServer: () => undefined } };
}

/** A keeper that gives the standing of the moment, and does nothing else. */
export function fakeRole(standing: () => RoleStanding, begun: bigint[] = []): RoleKeeper {
  const nothing = async (): Promise<void> => undefined;
  return {
    ...{ name: 'alpha', standing, begins: (term) => void begun.push(term), turn: nothing },
    ...{ handOver: async () => true, rest: nothing, takeOver: async () => true, silence: () => null },
    hasBegun: () => false,
  };
}

/** The own node and two witnesses of one chain, and the parts of a guard that reads them. */
export function fakeNodes(clock: Clock, pace?: Pace) {
  const nodeOf = (peer: number) => fakeRpc(clock, VOTER, { ...pace, peer });
  const [own, ...witnesses] = [0, 1, 2].map(nodeOf) as [FakeRpc, FakeRpc, FakeRpc];
  const named: readonly NodeRpc[] = witnesses.map(({ rpc }, index) => ({
    ...rpc,
    address: `node-${index + 1}`,
  }));
  return { own, witnesses, parts: { clock, own: own.rpc, witnesses: named, boot: 'boot-1' } };
}

const nothing = (): void => undefined;

/** Events to which no one listens. */
export const silentEvents: GuardEvents = {
  ...{ started: nothing, ended: nothing, continuity: nothing, allowed: nothing, compared: nothing },
  ...{ rotation: nothing, sealed: nothing, lapsed: nothing, placed: nothing, verdicts: nothing },
  ...{ unread: nothing, standing: nothing, roleLost: nothing, handedOver: nothing, pairUnread: nothing },
  ...{ fenced: nothing, stopped: nothing },
};

/** Writes down, in words, the events that tests check. */
function eventsTo(said: string[], verdicts: GuardEvents['verdicts']): GuardEvents {
  return {
    ...silentEvents,
    unread: (node, fault) => {
      if (fault instanceof GuardFault) said.push(`unread ${node}: ${fault.message}`);
    },
    continuity: (of) => {
      if (of.state === 'not-proven' && of.why === 'no-database') said.push(continuitySentence(of));
    },
    roleLost: (say) => void said.push(`role lost: ${say}`),
    handedOver: (to) => void said.push(`handed over: ${to}`),
    pairUnread: (why) => void said.push(`pair unread: ${why}`),
    fenced: (machine, isOff) => void said.push(`fenced: ${machine} ${isOff ? 'is off' : 'may be on'}`),
    allowed: (_word, refusal) => void said.push(`allowed: ${refusal ?? 'taken'}`),
    compared: ({ state }) => void said.push(`compared: ${state}`),
    rotation: ({ state }) => void said.push(`rotation: ${state}`),
    sealed: ({ kind }) => void said.push(`sealed: ${kind}`),
    lapsed: (ms) => void said.push(`lapsed: ${ms}`),
    verdicts,
  };
}

/** A file whose value is a member of the ground. */
function fileIn<Name extends 'token' | 'latch'>(ground: ReturnType<typeof groundOf>, name: Name) {
  const put = (value: (typeof ground)[Name]): void => void Object.assign(ground, { [name]: value });
  return { read: () => ground[name], write: put, remove: () => put(null) };
}

type Over = Partial<GuardParts>;
type Seats = readonly [Over, ...Over[]];

function withSeats(parts: GuardParts, [first, ...more]: Seats): [GuardParts, ...GuardParts[]] {
  return [{ ...parts, ...first }, ...more.map((seat) => ({ ...parts, ...seat }))];
}

const groundOf = () => ({
  open: new Set<string>(),
  /** Files that another program put into the folder; null: not whole yet. */
  foreign: new Map<string, OpenKey | null>(),
  sealed: [] as string[],
  /** Events in words. */
  said: [] as string[],
  /** Steps of processes and of the folder, in their order. */
  steps: [] as string[],
  token: null as ContinuityToken | null,
  latch: null as Latch | null,
  marks: [] as Marks[],
});

/** A guard over fakes: a folder, files and a node process in memory, and three nodes of one chain. */
export type Ground = ReturnType<typeof start>;

/** Starts a guard with the keys of an Aura authority. `seats`: the parts of each validator of a spare. */
export function start(t: TestContext, over: Over = {}, seats: Seats = [{}]) {
  const clock =
    over.clock === undefined ? createVirtualClock({ flowing: false }) : (over.clock as VirtualClock);
  const { own, witnesses, parts: nodes } = fakeNodes(clock);
  let verdicts: readonly Verdict[] = [];
  let end: (end: ProcessEnd) => void = () => undefined;
  const ground = groundOf();
  const folder = folderInMemory(ground);
  const parts: GuardParts = {
    ...{ ...nodes, folder, keys: KEYS, rules: DEFAULT_RULES },
    marks: {
      read: () => ground.marks.at(-1) ?? { slot: null, round: null },
      write: (marks) => void ground.marks.push(marks),
    },
    ...{ token: fileIn(ground, 'token'), latch: fileIn(ground, 'latch') },
    ...{ keystore: '/run/keys', validator: null, role: null, fence: null },
    allowed: () => null,
    announced: () => false,
    failpoint: noFailpoint,
    chain: chainInMemory(),
    seal: async ({ name }) => void ground.sealed.push(name.file),
    uptimeMs: () => clock.monotonicMs(),
    database: () => ({ device: 1n, inode: 2n, bornNs: 3n }),
    start: async () => {
      const { open, steps } = ground;
      steps.push('start');
      const { node, finish } = fakeProcess((ends, deadlineMs) => {
        steps.push(`stop${deadlineMs === 0 ? ' at once' : ''} with ${open.size} open`);
        ends();
      });
      end = finish;
      return node;
    },
    events: eventsTo(ground.said, (all) => {
      verdicts = all;
    }),
    ...over,
  };
  const stop = new AbortController();
  const running = runGuard(withSeats(parts, seats), stop.signal);
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
    /** Ends the present process of the node, as a crash does. */
    crash: () => end({ code: null, signal: 'SIGKILL' as const }),
    kinds: () => [...ground.open].map(kindOf).toSorted(),
    reason: (kind: string) => verdicts.find(({ name }) => name.kind === kind)?.say ?? 'no verdict',
  });
}

/** A guard for which a person can leave a word, which it takes once. */
export function allowable(t: TestContext, over: Over = {}) {
  let word: Allowance | null = null;
  const allowed = (): Allowance | null => {
    const taken = word;
    word = null;
    return taken;
  };
  const ground = start(t, { allowed, ...over });
  const allow = (): void => {
    word = { by: 'ada', reason: 'the old machine is wiped' };
  };
  return { ground, allow, isLeft: () => word !== null };
}

/** Settles as the promise if it has settled by now, so that a test fails in place of waiting for ever. */
export function atOnce(promise: Promise<void>): Promise<void> {
  return Promise.race([promise, Promise.resolve()]);
}
