import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { JOBS } from './all-jobs.ts';
import type { Job } from './job.ts';
import { dueJobs } from './planner.ts';

describe('due jobs', () => {
  const make = (name: string, after: readonly string[] = []): Job => ({
    name,
    everyMs: 10,
    deadlineMs: 60_000,
    after,
    run: async () => '',
  });
  const row = (name: string, change: object = {}) => ({
    name,
    state: 'succeeded' as const,
    progress: null,
    detail: '',
    runCount: 1,
    failureCount: 0,
    startedMs: 0,
    endedMs: 0,
    nextMs: 10,
    error: null,
    ...change,
  });
  const names = (rows: readonly ReturnType<typeof row>[], atMs: number, running: readonly string[] = []) =>
    dueJobs([make('a'), make('b', ['a']), make('c', ['b'])], rows, new Set(running), atMs).map(
      ({ name }) => name,
    );

  test('waits for its dependencies, due or running, and not for finished ones', () => {
    assert.deepEqual(names([], 0), ['a']);
    assert.deepEqual(names([row('a', { nextMs: 99 })], 0), ['b']);
    assert.deepEqual(names([row('a', { nextMs: 99 })], 0, ['b']), []);
    assert.deepEqual(names([row('a', { nextMs: 99 }), row('b', { nextMs: 99 })], 0), ['c']);
    assert.deepEqual(names([row('a'), row('b'), row('c')], 9), []);
  });

  test('a job whose process died is begun anew after half a minute', () => {
    const dead = { state: 'running' as const, nextMs: null, startedMs: 0 };
    assert.deepEqual(names([row('a', dead)], 29_999), []);
    assert.deepEqual(names([row('a', dead)], 30_000), ['a']);
  });

  test('a clock that was set back stops no job', () => {
    const hourMs = 3_600_000;
    const ahead = (state: 'succeeded' | 'running', startedMs: number) =>
      row('a', { state, startedMs, nextMs: state === 'running' ? null : startedMs + 10 });
    for (const state of ['succeeded', 'running'] as const) {
      assert.deepEqual(names([ahead(state, hourMs)], 0), ['a'], state);
      assert.deepEqual(names([ahead(state, hourMs)], 0, ['a']), [], `${state}, still at work here`);
      const skewed = names([ahead(state, 60_000)], 0);
      assert.deepEqual(skewed, state === 'running' ? [] : ['b'], 'clocks of machines differ by so much');
    }
  });

  test('every job waits for jobs that are there, and none for itself', () => {
    const seen = new Set<string>();
    for (const { name, after } of JOBS) {
      for (const other of after) assert.ok(seen.has(other), `${name} waits for ${other}, which comes later`);
      seen.add(name);
    }
  });
});
