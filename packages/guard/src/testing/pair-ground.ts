import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { StoreFault } from '@watchbill/duty/store';
import { createMemoryStore, type MemoryStore } from '@watchbill/duty/store/testing/memory-store';
import { createVirtualClock } from '@watchbill/kit/testing';
import type { Fence } from '../pair/fence.ts';
import { keepRole, type RoleKeeper } from '../pair/keeper.ts';
import { asked, encodeRole, type RoleRecord, taken } from '../pair/record.ts';
import { ROLE_KEY, readRole } from '../pair/role-store.ts';
import type { TermFile, Terms } from '../pair/terms.ts';
import type { GuardParts } from '../run/parts.ts';
import { cell } from '../run/shadow-memory.ts';
import { type Ground, start } from './start-guard.ts';

export interface PairSetup {
  readonly fence?: Fence;
  /** The processes of alpha's node in place of those that end at once. */
  readonly start?: GuardParts['start'];
}

/** Two guards of one validator over one store, in the time of one clock. */
export async function startPair(t: TestContext, { fence, start: process }: PairSetup = {}) {
  const clock = createVirtualClock({ flowing: false });
  const store = createMemoryStore({ clock });
  const first = { holder: 'alpha', how: 'first', by: 'ada', reason: 'a new pair', seenTerm: 0n } as const;
  await write(store, taken(null, first));
  let backup = (await store.list('')).records;
  const cut = new Set<string>();
  const terms = { alpha: termsInMemory(), bravo: termsInMemory() };
  const keeper = (name: 'alpha' | 'bravo'): RoleKeeper =>
    keepRole({
      ...{ store: fakeCut(store, () => cut.has(name)), name, terms: terms[name], clock },
      uptimeMs: () => clock.monotonicMs(),
    });
  const guard = (name: 'alpha' | 'bravo', over: Partial<GuardParts> = {}): Ground =>
    start(t, { clock, role: keeper(name), ...over });
  const alpha = guard('alpha', process === undefined ? {} : { start: process });
  const bravo = guard('bravo', fence === undefined ? {} : { fence });
  const isVoting = (): boolean => [alpha, bravo].some((machine) => machine.kinds().includes('gran'));
  for (const machine of [alpha, bravo])
    for (const node of [machine.own, ...machine.witnesses]) node.hearsVotes(isVoting);
  const record = (): Promise<RoleRecord> => recordIn(store);
  return {
    ...{ clock, store, alpha, bravo, terms, record },
    /** Lets time pass in small steps, and fails when both machines hold a placed key. */
    pass: async (ms: number): Promise<void> => {
      for (let passed = 0; passed < ms; passed += 250) {
        await clock.advance(250);
        const both = alpha.open.size > 0 && bravo.open.size > 0;
        assert.equal(both, false, `both hold keys after ${passed} ms: ${alpha.kinds()} and ${bravo.kinds()}`);
      }
    },
    /** Writes a record as a person's command does, over any present record. */
    put: async (next: (record: RoleRecord) => RoleRecord) => write(store, next(await record())),
    backUp: async () => {
      backup = (await store.list('')).records;
    },
    /** Puts the store back to the last backup; without one, to its beginning. */
    restore: async () => {
      const { records } = await store.list('');
      const removals = records.map(({ key }) => ({ key, value: null }));
      for (const writes of [removals, backup]) await store.transact([{ compares: [], writes }]);
    },
    /** Calls to the store of one machine fail from now on, or succeed again. */
    cut: (machine: 'alpha' | 'bravo', isCut: boolean) =>
      void (isCut ? cut.add(machine) : cut.delete(machine)),
  };
}

export type PairGround = Awaited<ReturnType<typeof startPair>>;

export const askFor =
  (to: string) =>
  (record: RoleRecord): RoleRecord =>
    asked(record, to, 'ada', 'an upgrade');

export const termsInMemory = (): TermFile => cell<Terms>({ seen: 0n, active: 0n });

export const recordIn = async (store: MemoryStore): Promise<RoleRecord> =>
  (await readRole(store)) ?? assert.fail('there is no record');

/** Writes a record as a person's command does, over any present one. */
export async function write(store: MemoryStore, record: RoleRecord): Promise<void> {
  await store.transact([
    { compares: [], writes: [{ key: ROLE_KEY, value: Buffer.from(encodeRole(record)) }] },
  ]);
}

/** A store that one machine cannot reach while the test asks for it. */
export function fakeCut(store: MemoryStore, isCut: () => boolean): MemoryStore {
  const refuse = (): Promise<never> =>
    Promise.reject(new StoreFault('unavailable', 'the store cannot be reached', 'look at the network'));
  return {
    ...store,
    read: (...call) => (isCut() ? refuse() : store.read(...call)),
    transact: (...call) => (isCut() ? refuse() : store.transact(...call)),
  };
}
