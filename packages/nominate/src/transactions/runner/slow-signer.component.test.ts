import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { deadline } from '../../time/deadline.ts';
import type { Intent } from '../intent.ts';
import { transactionRunner } from './run.ts';
import { type FakeProgramme, fakeProgramme, intentOf, key } from './testing/fake-programme.ts';

/** The time limit of the job that runs a turn. */
const JOB_MS = 10 * 60_000;
const NEVER = new Promise<never>(() => undefined);

/** Nominators that sign for themselves; the last one has the latest deadline, so its turn is last. */
async function programmeOf(count: number): Promise<{ programme: FakeProgramme; intents: readonly Intent[] }> {
  const accounts = Array.from({ length: count }, (_, index) => key(`nominator ${index}`));
  const programme = fakeProgramme({ accounts });
  const intents = accounts.map((account, index) =>
    intentOf({ nominator: account, real: account, way: 'direct', deadlineRelay: 1_000_500n + BigInt(index) }),
  );
  for (const intent of intents) await programme.store.add(intent);
  return { programme, intents };
}

/** Runs one turn as the job does, and returns how long it took, in milliseconds. */
async function turnOfJob({ parts }: FakeProgramme, runner = transactionRunner(parts)): Promise<number> {
  const startMs = parts.clock.nowMs();
  const limit = deadline(parts.clock, JOB_MS, new AbortController().signal);
  await runner.turn(limit.signal);
  limit.cancel();
  return parts.clock.nowMs() - startMs;
}

describe('a turn with parts that hang', () => {
  test('ten signers that never answer do not keep the eleventh from its nomination', async () => {
    const { programme, intents } = await programmeOf(11);
    const last = intents.at(-1);
    assert.ok(last !== undefined);
    for (const { signer } of intents.slice(0, 10)) {
      const hung = programme.signers.get(signer);
      assert.ok(hung !== undefined);
      Object.assign(hung, { sign: () => NEVER });
    }
    const tookMs = await turnOfJob(programme);
    assert.equal(programme.shown(last), 'submitted');
    assert.ok(tookMs <= 60_000, `the turn took ${tookMs} ms`);
    assert.match(programme.state(intents[0] ?? last).waiting ?? '', /signature/);
  });

  test('after a turn that its deadline ended, the next one continues from there', async () => {
    const { programme, intents } = await programmeOf(25);
    const last = intents.at(-1);
    assert.ok(last !== undefined);
    const { facts } = programme.node;
    Object.assign(programme.node, {
      facts: (intent: Intent, signal: AbortSignal) => (intent.id === last.id ? facts(intent, signal) : NEVER),
    });
    const runner = transactionRunner(programme.parts);
    await turnOfJob(programme, runner);
    assert.equal(programme.shown(last), 'planned');
    await turnOfJob(programme, runner);
    assert.equal(programme.shown(last), 'submitted');
  });
});
