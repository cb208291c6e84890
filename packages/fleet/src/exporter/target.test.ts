import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSettings } from './fixture-look.ts';
import { targetsOf } from './target.ts';

const RUNNING = [
  { name: 'validators-here-0', pool: 'validators', role: 'validator', rpcUrl: 'ws://127.0.0.1:1' },
  { name: 'rpc-here-0', pool: 'rpc', role: 'rpc', rpcUrl: 'ws://127.0.0.1:2' },
] as const;

function targets(nodes: readonly object[], running: Parameters<typeof targetsOf>[2]) {
  const settings = readSettings({ network: 'n', place: 'here', nodes });
  assert.ok(settings.success);
  return settings.success ? targetsOf(settings.data, null, running) : null;
}

test('nodes that run here are asked where they listen, with their pools and roles, named or not', () => {
  const stash = `0x${'01'.repeat(32)}`;
  const reading = targets([{ name: 'validators-here-0', stash, role: 'rpc' }], RUNNING);
  assert.ok(reading?.ok);
  assert.deepEqual(
    reading?.ok &&
      reading.targets.map(({ name, pool, role, url, stashText }) => [name, pool, role, url, stashText]),
    [
      ['validators-here-0', 'validators', 'validator', 'ws://127.0.0.1:1', stash],
      ['rpc-here-0', 'rpc', 'rpc', 'ws://127.0.0.1:2', ''],
    ],
  );
  assert.deepEqual(targets([{ name: 'x' }], RUNNING), {
    ok: false,
    at: 0,
    name: 'x',
    names: RUNNING.map(({ name }) => name),
  });
});

test('without a network the settings say everything, and a node without an address is not asked', () => {
  const reading = targets([{ name: 'a', stash: `0x${'01'.repeat(32)}` }], []);
  assert.ok(reading?.ok);
  const [target] = reading?.ok ? reading.targets : [];
  assert.deepEqual(
    [target?.role, target?.pool, target?.place, target?.url],
    ['validator', 'validator', 'here', null],
  );
});
