import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createVirtualClock, fields } from '@watchbill/kit/testing';
import { MEMBERS } from './cast.ts';
import { validatorFleet } from './fleet.ts';
import type { Child, Processes } from './processes.ts';
import { newChain } from './setup.ts';

const RESTART_AFTER_MS = 2_500;

interface FakeChild extends Child {
  readonly args: readonly string[];
  readonly signals: NodeJS.Signals[];
  readonly end: () => void;
}

/** Processes that end when the test says so. */
function fakeProcesses(): Processes & { readonly started: FakeChild[] } {
  const started: FakeChild[] = [];
  return {
    started,
    start: (args) => {
      const { promise, resolve } = Promise.withResolvers<Awaited<Child['ended']>>();
      const signals: NodeJS.Signals[] = [];
      const end = () => resolve({ code: null, signal: 'SIGKILL' });
      const child = {
        pid: 100 + started.length,
        ended: promise,
        kill: (signal: NodeJS.Signals) => void signals.push(signal),
      };
      started.push({ ...child, args, signals, end });
      return child;
    },
    stopAll: async () => undefined,
  };
}

function bench() {
  const processes = fakeProcesses();
  const clock = createVirtualClock({ startMs: 50_000 });
  const program = { serve: () => [], validator: (file: string) => [file] };
  const configs = new Map(MEMBERS.map(({ node }) => [node, `${node}.json`]));
  const spec = newChain(1_000, clock.nowMs());
  const parts = { processes, program, clock, spec, directory: '/nowhere', configs };
  const fleet = validatorFleet(parts);
  fleet.start();
  return { fleet, clock, processes, spec };
}

test('each member is started with its own file', () => {
  const { fleet, processes } = bench();
  assert.deepEqual(
    processes.started.map((child) => child.args[0]),
    MEMBERS.map(({ node }) => `${node}.json`),
  );
  assert.equal(fleet.pid('alpha-2'), 101);
});

test('a killed node is noted once, as planned, started again, and back only when it runs and is ready', async () => {
  const { fleet, clock, processes, spec } = bench();
  fleet.kill('alpha-1');
  assert.deepEqual(processes.started[0]?.signals, ['SIGKILL']);
  fleet.heardReady(['alpha-1']);
  assert.deepEqual(
    fleet.outages().map(({ node, key, pid, planned, backMs }) => ({ node, key, pid, planned, backMs })),
    [{ node: 'alpha-1', key: spec.authorities[0], pid: 100, planned: true, backMs: null }],
  );
  processes.started[0]?.end();
  await clock.advance(RESTART_AFTER_MS);
  assert.equal(fleet.pid('alpha-1'), 106);
  assert.equal(fleet.outages().length, 1);
});

test('an outage ends when the new start is heard as ready, not by the echo of the old one', async () => {
  const { fleet, clock, processes } = bench();
  fleet.kill('alpha-1');
  processes.started[0]?.end();
  await clock.advance(RESTART_AFTER_MS);
  fleet.heardReady(['alpha-2']);
  assert.equal(fleet.outages()[0]?.backMs, null);
  await clock.advance(1);
  fleet.heardReady(['alpha-1']);
  assert.equal(fleet.outages()[0]?.backMs, 52_501);
});

test('an unplanned end is recorded as such', async () => {
  const { fleet, clock, processes } = bench();
  processes.started[2]?.end();
  await clock.advance(RESTART_AFTER_MS);
  assert.deepEqual(fleet.outages().map(fields('node', 'planned')), [['bravo', false]]);
});

test('after the end of the run no outage is recorded and no node started again', async () => {
  const { fleet, clock, processes } = bench();
  fleet.retire();
  for (const child of processes.started) child.end();
  await clock.advance(RESTART_AFTER_MS);
  assert.deepEqual([processes.started.length, fleet.outages().length], [6, 0]);
});
