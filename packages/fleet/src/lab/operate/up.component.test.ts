import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { systemClock } from '@watchbill/kit';
import { createFileMemory } from '../../run/operations/index.ts';
import { trial } from '../local/testing/trial.ts';
import { runLocalNetwork, type UpEvent, type UpGateway } from './up.ts';

const IRON = { target: 'machine', name: 'iron', host: '192.0.2.7', port: 22, user: 'root' } as const;

/** A network of the trial, its memory in a folder, and a run that ends after its first status. */
function bench(context: TestContext) {
  const one = trial(context);
  const memory = createFileMemory(join(one.folder, '.watchbill-fleet'));
  const events: UpEvent[] = [];
  const run = async (openGateway: (() => Promise<UpGateway>) | null = null): Promise<void> => {
    const controller = new AbortController();
    const onEvent = (event: UpEvent): void => {
      events.push(event);
      if (event.kind === 'status') controller.abort();
    };
    const rest = { everyMs: 10, onEvent, signal: controller.signal };
    await runLocalNetwork({ clock: systemClock(), memory, openGateway }, { ...one.input(), ...rest });
  };
  return { one, memory, events, run };
}

const kinds = (events: readonly UpEvent[]) =>
  events.map(({ kind }) => kind).filter((kind) => kind !== 'started');

test('a network runs until its signal, and reports each event', async (context) => {
  const { run, events } = bench(context);
  const closed: number[] = [];
  await run(async () => ({ url: 'http://127.0.0.1:1', close: async (ms) => void closed.push(ms) }));
  assert.deepEqual(kinds(events), ['gateway', 'up', 'status', 'stopping', 'stopped']);
  assert.deepEqual(closed, [2_000]);
});

test('a gateway that does not open ends the running network', async (context) => {
  const { run, events } = bench(context);
  await assert.rejects(
    run(async () => Promise.reject(new Error('the port is taken'))),
    /the port is taken/,
  );
  assert.deepEqual(kinds(events), ['stopping', 'stopped']);
});

test('a network that by the memory runs elsewhere does not run here until it has ended there', async (context) => {
  const { one, memory, events, run } = bench(context);
  // The control: another network of the same memory, and a place that it had once.
  await memory.add('other', [{ what: 'has', id: 'a', place: IRON, identity: 'x' }]);
  await memory.add('trial', [{ what: 'has', id: 'b', place: IRON, identity: 'x' }]);
  await assert.rejects(run(), { code: 'elsewhere', message: /trial runs on iron \(192\.0\.2\.7\)/ });
  assert.ok(!existsSync(join(one.folder, 'state')));
  assert.deepEqual(events, []);
  await memory.add('trial', [{ what: 'gone', ids: ['b'] }]);
  await run();
  assert.ok(kinds(events).includes('up'));
});
