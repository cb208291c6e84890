import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Clock, Fault, systemClock } from '@watchbill/kit';
import { temporaryFolder } from '@watchbill/kit/testing';
import { journalName } from '../apply/saved-plan.ts';
import { fakePlan, fakeResource, fakeSaved, fakeStep } from '../apply/testing/fake-plan.ts';
import { type AppliedPlan, applySaved } from './apply.ts';
import { createFileMemory } from './memory-files.ts';
import { type PlanAbandoned, unfinishedProblems } from './unfinished.ts';

const SIGNER = fakeResource('v-0', {}, 'StatefulSet');
const STEP = fakeStep('delete', SIGNER, SIGNER, { risk: 'signing', gate: 'gone' });
const RUN = { atMs: 3_000, run: 'r', by: 'bob@laptop', signing: [] };

/** A plan that was made at this time, for no place that could be asked. */
const saved = (id: string, madeAtMs: number) => fakeSaved(fakePlan([STEP], { id }), { madeAtMs });

function apply(folder: string, plan: string, clock: Clock = systemClock()): Promise<AppliedPlan> {
  const openTargets = async () => ({ byPlace: new Map(), close: () => undefined });
  return applySaved(
    { clock, memory: createFileMemory(folder), openTargets },
    {
      plan,
      allowed: { signing: true, dataLoss: false },
      gateTimeoutMs: 1_000,
      onEvent: () => undefined,
      signal: new AbortController().signal,
    },
  );
}

function isRefused(pattern: RegExp, kind = 'denied'): (error: unknown) => boolean {
  return (error) => error instanceof Fault && error.kind === kind && pattern.test(error.message);
}

test('a plan is refused once another one was begun after it was made', async (t) => {
  const folder = temporaryFolder(t);
  const [old, other] = [saved('aaaaaaaa', 1_000), saved('bbbbbbbb', 2_000)];
  const store = createFileMemory(folder);
  await store.savePlan(old);
  await store.savePlan(other);
  const begun = { what: 'begun', plan: 'bbbbbbbb', journal: journalName(other), ...RUN } as const;
  await store.add('net', [begun]);
  await assert.rejects(
    apply(folder, 'aaaaaaaa'),
    isRefused(/another plan was begun after this one was made.*\(plan bbbbbbbb\)/),
  );
  assert.equal((await store.remembered('net'))?.begun.length, 1, 'it is not begun itself');
  // The one that was begun goes on; there is no place here to go on at.
  await assert.rejects(apply(folder, 'bbbbbbbb'), /there is no target for ams/);
  assert.equal((await store.remembered('net'))?.begun.length, 2);
});

test('of two that are begun at once the one that comes second sees the first', async (t) => {
  const folder = temporaryFolder(t);
  const store = createFileMemory(folder);
  await store.savePlan(saved('aaaaaaaa', 1_000));
  const other = { what: 'begun', plan: 'bbbbbbbb', journal: 'other', ...RUN } as const;
  // The time is asked for after this run looked whether another was begun, and before it says that it begins.
  const nowMs = () => {
    void store.add('net', [other]);
    return 3_000;
  };
  await assert.rejects(
    apply(folder, 'aaaaaaaa', { ...systemClock(), nowMs }),
    isRefused(/another plan was begun/),
  );
  assert.equal((await store.remembered('net'))?.begun.length, 2);
});

test('a plan that began to change signers and did not end refuses others, until it is abandoned', async (t) => {
  const folder = temporaryFolder(t);
  const one = saved('abcdef0123456789', 1_000);
  const store = createFileMemory(folder);
  await store.savePlan(one);
  mkdirSync(join(folder, 'journals'));
  const header = { format: 'watchbill/journal/1', plan: one.plan.id, network: 'net', identities: {} };
  const file = join(folder, 'journals', journalName(one));
  const write = (...entries: readonly object[]) =>
    writeFileSync(file, [header, ...entries].map((line) => `${JSON.stringify(line)}\n`).join(''));
  const given: PlanAbandoned[] = [];
  const onAbandon = (event: PlanAbandoned) => void given.push(event);
  const problems = async (...abandon: readonly string[]) =>
    unfinishedProblems(store, { network: 'net', memory: await store.remembered('net'), abandon, onAbandon });
  write({ state: 'applied', step: STEP.id }, { state: 'verified', step: STEP.id });
  assert.deepEqual(await problems(), []);
  // A damaged journal does not show whether the steps ended; the memory has them.
  const journal = journalName(one);
  const begun = { what: 'begun', plan: one.plan.id, journal, ...RUN, signing: [STEP.id] } as const;
  await store.add('net', [begun]);
  assert.deepEqual(await problems(), []);
  for (const text of ['', `${JSON.stringify(header)}\n{"state":\n`]) {
    writeFileSync(file, text);
    assert.deepEqual(
      (await problems()).map(({ code }) => code),
      ['unfinished'],
    );
  }
  write({ state: 'applied', step: STEP.id });
  const [problem] = await problems();
  assert.deepEqual([problem?.code, problem?.resourceId], ['unfinished', STEP.id]);
  assert.match(problem?.remedy ?? '', /watchbill fleet apply abcdef012345.*--abandon abcdef012345/);
  await assert.rejects(problems('abcdef'), isRefused(/is not a plan that began/, 'usage'));
  assert.deepEqual(await problems('abcdef012345'), []);
  assert.deepEqual(given, [{ kind: 'plan-abandoned', plan: one.plan.id, steps: [STEP.id] }]);
  assert.deepEqual(await problems(), []);
  await assert.rejects(apply(folder, 'abcdef01'), isRefused(/this plan was abandoned/));
  assert.match(readFileSync(file, 'utf8'), /applied/);
});
