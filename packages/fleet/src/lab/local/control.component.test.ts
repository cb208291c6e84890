import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { field } from '@watchbill/kit/testing';
import { connectLocal } from './connect.ts';
import { CONTROL_SOCKET } from './control.ts';
import { trial } from './testing/trial.ts';

const NODE = 'validators-here-0';

async function controlled(t: TestContext, state?: string) {
  const ground = trial(t);
  const network = await ground.up(undefined, state);
  const control = await connectLocal(join(ground.folder, state ?? 'state'));
  t.after(control.close);
  return { ...ground, up: ground.up, running: network, control };
}

function secondProgram(folder: string, text: string): { readonly path: string; readonly sha256: string } {
  const path = join(folder, 'second-node');
  writeFileSync(path, text);
  chmodSync(path, 0o755);
  return { path, sha256: createHash('sha256').update(text).digest('hex') };
}

test('another process stops a node and starts it; a stopped node stays down', async (t) => {
  const { control, running } = await controlled(t);
  const before = (await control.nodes()).find(({ name }) => name === NODE);
  assert.equal(before?.state, 'running');
  assert.equal(before.keySet === null, false);
  await control.stop(NODE, 5_000);
  const down = (await control.nodes()).find(({ name }) => name === NODE);
  assert.deepEqual([down?.state, down?.pid], ['stopped', null]);
  assert.throws(() => process.kill(before.pid ?? 0, 0), 'the process is gone');
  await control.start(NODE);
  assert.equal((await running.status()).find(({ name }) => name === NODE)?.state, 'running');
});

test('a running node is never started a second time, even by many callers', async (t) => {
  const { control } = await controlled(t);
  await assert.rejects(control.start(NODE), { code: 'request', message: /already runs/ });
  await control.stop(NODE, 5_000);
  const both = await Promise.allSettled([control.start(NODE), control.start(NODE)]);
  assert.deepEqual(both.map(field('status')), ['fulfilled', 'rejected']);
});

test('a program is chosen by its digest, from the next start on, also after a restart of the network', async (t) => {
  const { control, folder, running, up } = await controlled(t);
  const second = secondProgram(folder, readFileSync(join(folder, 'fake-node'), 'utf8').concat('# second\n'));
  await assert.rejects(control.setProgram(NODE, { ...second, sha256: '0'.repeat(64) }), { code: 'program' });
  await control.setProgram(NODE, second);
  await control.stop(NODE, 5_000);
  await control.start(NODE);
  const programs = async () =>
    Object.fromEntries((await control.nodes()).map(({ name, program }) => [name, program]));
  assert.equal((await programs())[NODE], second.path);
  assert.equal((await programs())['validators-here-1'], join(folder, 'fake-node'));
  await running.stop(5_000);
  await up();
  const again = await connectLocal(join(folder, 'state'));
  t.after(again.close);
  assert.equal((await again.nodes()).find(({ name }) => name === NODE)?.program, second.path);
  await again.setProgram(NODE, null);
  assert.equal((await again.nodes()).find(({ name }) => name === NODE)?.program, join(folder, 'fake-node'));
});

test('a program that was changed after it was chosen is not started', async (t) => {
  const { control, folder } = await controlled(t);
  const second = secondProgram(folder, readFileSync(join(folder, 'fake-node'), 'utf8').concat('# second\n'));
  await control.setProgram(NODE, second);
  await control.stop(NODE, 5_000);
  writeFileSync(second.path, '#!/bin/sh\n# another\n');
  await assert.rejects(control.start(NODE), { code: 'program', message: /not the expected [0-9a-f]{64}/ });
  assert.equal((await control.nodes()).find(({ name }) => name === NODE)?.state, 'stopped');
});

test('a folder without a running network is reported, also after one has ended', async (t) => {
  const { control, folder, running } = await controlled(t);
  await assert.rejects(connectLocal(join(folder, 'elsewhere')), { code: 'not-running' });
  await running.stop(5_000);
  assert.equal(existsSync(join(folder, 'state', CONTROL_SOCKET)), false);
  await assert.rejects(control.nodes(), { code: 'not-running' });
  await assert.rejects(connectLocal(join(folder, 'state')), { code: 'not-running' });
});

test('a folder may be deeply nested, and only its owner reaches the socket', async (t) => {
  const { control, folder } = await controlled(t, join('deep'.repeat(30), 'deeper'.repeat(20)));
  assert.equal((await control.nodes()).length, 3);
  assert.ok(folder.length < 200);
});

test('a malformed request is refused, and an endless line closes the connection', async (t) => {
  const { folder } = await controlled(t);
  const socket = connect(join(folder, 'state', CONTROL_SOCKET));
  t.after(() => socket.destroy());
  socket.on('error', () => {});
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  for (const line of ['{"do":"erase","node":"all"}', 'not json', '{"do":"start","node":"no-such-node"}']) {
    socket.write(`${line}\n`);
    const reply: unknown = JSON.parse((await lines.next()).value ?? 'null');
    assert.ok(typeof reply === 'object' && reply !== null && 'ok' in reply);
    assert.equal(reply.ok, false, line);
  }
  socket.write('x'.repeat(100_000));
  const last = await lines.next().catch(() => ({ done: true }));
  assert.equal(last.done, true);
});
