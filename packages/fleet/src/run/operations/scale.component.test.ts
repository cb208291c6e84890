import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { systemClock } from '@watchbill/kit';
import { temporaryFolder } from '@watchbill/kit/testing';
import { fakeTarget } from '../apply/testing/fake-target.ts';
import { type Scaled, type ScaleInput, scalePool } from './scale.ts';
import { fakeMemory } from './testing/fake-memory.ts';
import { networkText } from './testing/network.ts';

interface Bench {
  readonly path: string;
  readonly read: () => string;
  readonly scale: (
    pool: string,
    count: number,
    whilePlanning?: () => void,
    change?: Partial<ScaleInput>,
  ) => Promise<Scaled>;
}

function bench(t: TestContext): Bench {
  const cwd = temporaryFolder(t);
  const path = join(cwd, 'network.yaml');
  writeFileSync(
    path,
    networkText(['rpc: {role: rpc, count: 2} # public', 'validators: {role: validator, count: 2}']),
  );
  const ams = fakeTarget();
  return {
    path,
    read: () => readFileSync(path, 'utf8'),
    scale: (pool, count, whilePlanning = () => undefined, change = {}) =>
      scalePool(
        {
          clock: systemClock(),
          memory: fakeMemory(),
          openTargets: async () => {
            whilePlanning();
            return { byPlace: new Map([['ams', ams]]), close: () => undefined };
          },
        },
        {
          source: { cwd, file: 'network.yaml', path, replace: (text) => writeFileSync(path, text) },
          pool,
          count,
          nodeUrls: async () => ({}),
          isLocal: false,
          timeoutMs: 60_000,
          onEvent: () => undefined,
          ...change,
        },
      ),
  };
}

test('the file has the new number and the plan is for it', async (t) => {
  const { read, scale } = bench(t);
  const { made, ...scaled } = await scale('rpc', 3);
  assert.deepEqual(scaled, { pool: 'rpc', place: 'ams', before: 2, count: 3, changed: true });
  assert.match(read(), /rpc: \{role: rpc, count: 3\} # public/);
  assert.ok(made !== null && made.file !== null);
});

test('a file that another person changes meanwhile stays as they wrote it', async (t) => {
  const { path, read, scale } = bench(t);
  await assert.rejects(
    scale('rpc', 3, () => writeFileSync(path, 'theirs')),
    { message: /was changed meanwhile/ },
  );
  assert.equal(read(), 'theirs');
});

test('a signer that cannot be asked is not taken out; one that its place does not have may go', async (t) => {
  const { read, scale } = bench(t);
  const before = read();
  // No node listens there.
  const silent = { nodeUrls: async () => ({ 'validators-ams-1': 'http://127.0.0.1:1' }) };
  await assert.rejects(
    scale('validators', 1, () => undefined, silent),
    { code: 'signer-in-use' },
  );
  assert.equal(read(), before);
  assert.equal((await scale('validators', 1)).changed, true);
});
