import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createVirtualClock } from '@watchbill/kit/testing';
import type { Api } from './api.ts';
import { watchService } from './watcher.ts';

const decision = (id: number, outcome: string, reason: string) => ({ id, outcome, reason });

test('each decision is counted once, by reason, and the last refusals are kept', async (context) => {
  const clock = createVirtualClock({ startMs: 0, flowing: true });
  context.after(clock.halt);
  const stop = new AbortController();
  const early = [decision(2, 'denied', 'unit-taken'), decision(1, 'granted', 'new')];
  const late = [3, 4, 5, 6, 7, 8].map((id) => decision(id, 'denied', 'unit-taken'));
  const pages = [early, [decision(9, 'unknown', 'deadline'), ...late.toReversed(), ...early]];
  let asked = 0;
  const call: Api['call'] = async (_method, path) => {
    if (path.startsWith('/v1/watch')) return { kind: 'lost', why: 'not now' };
    const decisions = pages[Math.min(asked++, 1)];
    if (asked === 4) stop.abort();
    return { kind: 'answer', status: 200, body: { decisions, next: null } };
  };
  const watcher = watchService({ call }, 'c', clock, () => assert.fail('heard a lost answer'));
  await watcher.run(stop.signal);
  const { granted, denied, unknown, refusals } = watcher.decisions();
  assert.deepEqual([granted, denied.get('unit-taken'), unknown.get('deadline')], [1, 7, 1]);
  assert.deepEqual(
    refusals.map(({ id }) => id),
    [5, 6, 7, 8, 9],
  );
});
