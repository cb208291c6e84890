import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CHAIN, KEY, policyView, scene } from '../testing/fake-ledger.ts';

const freeze = {
  before: 'enforce',
  cause: 'operator',
  by: 'ada',
  reason: 'a disk\u001b is missing',
  atMs: 1_795_178_576_000,
  evidence: null,
  lifted: null,
};
const frozen = { status: 200, body: { policies: [policyView({ mode: 'frozen', freeze })] } };
const lifted = { status: 200, body: { policies: [policyView()] } };
const answers = { 'POST /v1/freezes': frozen, 'POST /v1/freezes/lift': lifted };

test('freeze names the key or all keys, sends the reason, and prints who froze it', async (t) => {
  const { run, service } = await scene(t, answers);
  const one = await run(['freeze', '--key', KEY, 'a disk is missing']);
  assert.equal(one.code, 0, one.stderr);
  assert.deepEqual(service.seen.at(-1)?.body, { key: KEY, reason: 'a disk is missing' });
  assert.match(
    one.stdout,
    /^key 0x22222222….* is frozen by ada since 2026-11-20T\S+Z: a disk.* is missing\n/,
  );
  assert.ok(!one.stdout.includes('\u001b'));
  await run(['freeze', '--key', KEY, '--chain', CHAIN, 'x']);
  assert.deepEqual(service.seen.at(-1)?.body, { chain: CHAIN, key: KEY, reason: 'x' });
  const words = await run(['freeze', '--key', KEY, 'a', 'disk', 'is', 'missing']);
  assert.match(words.stderr, /surplus argument disk is missing[\s\S]*put a text of several words in quotes/);
  const all = await run(['freeze', '--all', 'intrusion', '--json']);
  assert.deepEqual(service.seen.at(-1)?.body, { key: 'all', reason: 'intrusion' });
  assert.deepEqual(JSON.parse(all.stdout), frozen.body);
});

test('lift sends the reason to its own route', async (t) => {
  const { run, service } = await scene(t, answers);
  for (const order of [
    ['freeze', 'lift', '--key', KEY, '--reason', 'destroyed'],
    ['freeze', '--key', KEY, 'lift', '--reason', 'destroyed'],
  ]) {
    const ran = await run(order);
    assert.equal(ran.code, 0, ran.stderr);
    assert.equal(service.seen.at(-1)?.path, '/v1/freezes/lift');
    assert.deepEqual(service.seen.at(-1)?.body, { key: KEY, reason: 'destroyed' });
    assert.match(ran.stdout, /is no longer frozen; mode enforce/);
  }
});
