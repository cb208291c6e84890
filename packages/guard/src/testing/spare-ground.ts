// Two validators, their records in memory, and one guard that can stand in for both.

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { createMemoryStore } from '@watchbill/duty/store/testing/memory-store';
import { createVirtualClock, type VirtualClock } from '@watchbill/kit/testing';
import { keepRole, type RoleKeeper } from '../pair/keeper.ts';
import { decodeMember } from '../pair/member.ts';
import { handedOver, type RoleRecord, taken } from '../pair/record.ts';
import type { Latch } from '../run/latch.ts';
import type { Allowance, GuardParts } from '../run/parts.ts';
import { cell, chainInMemory, marksInMemory, tokenInMemory } from '../run/shadow-memory.ts';
import { fakeCut, recordIn, termsInMemory, write } from './pair-ground.ts';
import { type Ground, keyOf, start } from './start-guard.ts';

/** A validator with its own machine, which is the active one, and its seat on the spare. */
function validator(clock: VirtualClock, digits: string, compared: GuardParts['validator']) {
  const store = createMemoryStore({ clock });
  const [terms, latch] = [termsInMemory(), cell<Latch | null>(null)];
  const word = cell<Allowance | null>(null);
  const keys = [keyOf('gran', digits)] as const;
  let isCut = false;
  const reached = fakeCut(store, () => isCut);
  const keeper = () =>
    keepRole({ store: reached, name: 'spare', terms, clock, uptimeMs: () => clock.monotonicMs() });
  const record = (): Promise<RoleRecord> => recordIn(store);
  return {
    ...{ record, name: keys[0].name, latch: latch.read, allow: word.write },
    cut: (value: boolean) => {
      isCut = value;
    },
    /** The parts of a new process of the spare. */
    seat: (of: OfKeeper): Partial<GuardParts> => ({
      ...{ keys, validator: compared, clock, role: of(keeper()), marks: marksInMemory() },
      ...{ chain: chainInMemory(), token: tokenInMemory() },
      latch: { ...latch, remove: () => latch.write(null) },
      allowed: () => {
        const left = word.read();
        word.write(null);
        return left;
      },
    }),
    change: async (next: (before: RoleRecord) => RoleRecord) => write(store, next(await record())),
    begin: (holder: string) =>
      write(store, taken(null, { holder, how: 'first', by: 'ada', reason: 'new', seenTerm: 0n })),
    report: async () => {
      const [bytes] = await store.read(['member/spare']);
      return decodeMember(Buffer.from(bytes ?? assert.fail('no report')).toString());
    },
  };
}
type OfKeeper = (keeper: RoleKeeper) => RoleKeeper;
export type Validator = ReturnType<typeof validator>;

/** A person makes the spare the active machine. */
export const toSpare = (before: RoleRecord): RoleRecord =>
  taken(before, { holder: 'spare', how: 'person', by: 'ada', reason: 'it is off', seenTerm: before.term });

const HOLDERS = ['alpha', 'bravo'] as const;

/** The machine of this name hands over; the new one did not renew the role yet. */
export const handed =
  (from: string, to: string) =>
  (before: RoleRecord): RoleRecord => ({ ...handedOver(before, to, null), from });

/** Two validators and their spare. `holders`: the machines that are active at the beginning. */
export async function startSpare(t: TestContext, holders: readonly [string, string] = HOLDERS) {
  const clock = createVirtualClock({ flowing: false });
  const account = new Uint8Array(32).fill(5);
  const [one, two] = [
    validator(clock, 'a1', { name: '5One', account }),
    validator(clock, 'b2', null),
  ] as const;
  await one.begin(holders[0]);
  await two.begin(holders[1]);
  const run = (over: Partial<GuardParts> = {}, of: OfKeeper = (keeper) => keeper): Ground => {
    const spare = start(t, { clock, ...over }, [one.seat(of), two.seat(of)]);
    spare.own.registers(one.name.publicKey);
    return spare;
  };
  /** Lets time pass, and fails if the node has keys of two validators. */
  const pass = async (spare: Ground, ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 250) {
      await clock.advance(250);
      assert.ok(spare.open.size < 2, 'one node has the keys of two validators');
    }
  };
  return { one, two, run, pass };
}
