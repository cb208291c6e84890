import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { forkOnStage } from '@watchbill/testkit/bench/child';
import {
  childWith,
  costBetween,
  costsOf,
  parents,
  residentMb,
  sharedMb,
  withDescendants,
} from '@watchbill/testkit/bench/cost';
import { onStage, type Stage } from '@watchbill/testkit/bench/stage';
import { checkDecides } from './check-decides.ts';
import type { PeerClaim } from './claim-server.ts';

const START_MS = 60_000;
const never = () => () => {};

function start(stage: Stage, file: string, setUp: object) {
  return forkOnStage(stage, new URL(file, import.meta.url), setUp, START_MS);
}

async function claim(port: unknown, changes: Partial<PeerClaim>): Promise<string> {
  const body = { claimId: 'c', chain: '0xc', key: '0xk', duty: 'babe', unit: '7', part: 'seal' };
  const response = await fetch(`http://127.0.0.1:${String(port)}/v1/claims`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...body, digest: '0xd', incarnation: 'i', ...changes }),
  });
  return ((await response.json()) as { outcome?: string }).outcome ?? String(response.status);
}

test('SQLite with group commit grants a unit to one of many claims at once, and keeps it', async () => {
  await onStage(async (stage) => {
    const { setUp: port } = await start(stage, 'sqlite-group-commit.ts', {
      path: join(stage.folder, 'peer.sqlite'),
    });
    await checkDecides('sqlite', Number(port));
    const digests = Array.from({ length: 20 }, (_, index) => `0x${index}`);
    const outcomes = await Promise.all(digests.map((digest) => claim(port, { digest })));
    assert.equal(outcomes.filter((outcome) => outcome === 'granted').length, 1);
    assert.equal(outcomes.filter((outcome) => outcome === 'denied').length, 19);
    const holder = digests[outcomes.indexOf('granted')] ?? '';
    assert.equal(await claim(port, { digest: holder }), 'granted');
    assert.equal(await claim(port, { digest: holder, unit: '8' }), 'granted');
    assert.equal(await claim(port, { chain: 'x'.repeat(257) }), '400');
    // A batch that fails is undone as a whole, and the next one begins a new transaction.
    assert.equal(await claim(port, { unit: 'no number' }), '500');
    assert.equal(await claim(port, { unit: '9' }), 'granted');
  }, never);
});

test('two logs grow by the bytes of each grant; a service that grants all is refused as a decider', async () => {
  await onStage(async (stage) => {
    const setUp = { folder: stage.folder, bytes: [1_200, 1_400] };
    const { setUp: port } = await start(stage, 'two-logs.ts', setUp);
    const outcomes = await Promise.all(['1', '2', '3'].map((unit) => claim(port, { unit })));
    assert.deepEqual(outcomes, ['granted', 'granted', 'granted']);
    const sizes = [0, 1].map((index) => statSync(join(stage.folder, `peer-${index}.log`)).size);
    assert.deepEqual(sizes, [3_600, 4_200]);
    await assert.rejects(
      checkDecides('logs', Number(port)),
      /logs does not decide: .*granted, granted$|expected/,
    );
  }, never);
});

test('a process is found below this one, and its cost rises with its work', async () => {
  await onStage(async (stage) => {
    const { pid, setUp: port } = await start(stage, 'http-only.ts', {});
    assert.equal(childWith('http-only.ts'), pid);
    assert.throws(() => childWith('no-such-file.ts'), /0 child processes/);
    assert.ok(withDescendants(process.pid, parents()).includes(pid));
    const before = costsOf([pid]);
    for (let count = 0; count < 20; count++) await claim(port, {});
    const cost = costBetween(before, costsOf([pid]));
    assert.ok(cost.processorUs > 0);
    assert.ok(cost.writtenBytes > 20 * 100, String(cost.writtenBytes));
    assert.ok(residentMb(pid) > 10);
    assert.ok(sharedMb([pid]) > 5 && sharedMb([pid]) <= residentMb(pid) * 1.1);
  }, never);
});

test('a process that has ended costs nothing', async () => {
  const ended = await onStage(async (stage) => (await start(stage, 'http-only.ts', {})).pid, never);
  assert.equal(costsOf([ended]).size, 0);
  assert.equal(sharedMb([ended]), 0);
});
