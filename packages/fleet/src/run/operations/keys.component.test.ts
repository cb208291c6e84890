import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { NodeRpc } from '@watchbill/chain';
import type { RuntimeViews } from '@watchbill/chain/extrinsics';
import { Fault, fault } from '@watchbill/kit';
import { temporaryFolder } from '@watchbill/kit/testing';
import { writeRotation } from '../keys/file.ts';
import { lockRecord } from '../keys/lock.ts';
import { openRotation } from '../keys/open.ts';
import { begunRotation, type Rotation } from '../keys/record.ts';
import { NEW, OLD } from '../keys/testing/rotation.ts';
import { type KeyPorts, type RotateInput, type RotationEvent, rotateKeys } from './keys.ts';

const NODE = 'ws://127.0.0.1:9944';
const GENESIS = `0x${'91'.repeat(32)}`;
const STASH = new Uint8Array(32).fill(1);
const STASH_HEX = `0x${'01'.repeat(32)}`;

type Answers = Readonly<Record<string, unknown>>;

/** Nodes in memory: they answer as the table says, and refuse every other method. */
function fakeNodes(answers: Answers) {
  const calls: string[] = [];
  const closed: string[] = [];
  const connect = (url: string): NodeRpc => ({
    address: url,
    call: async <T>(method: string) => {
      calls.push(method);
      if (!(method in answers)) throw new Error(`there is no method ${method}`);
      return answers[method] as T;
    },
    subscribe: () => Promise.reject(new Error('there are no subscriptions here')),
    close: () => void closed.push(url),
  });
  return { connect, calls, closed };
}

/** A folder for a record, and a rotation with nodes in memory. */
function bench(context: TestContext, answers: Answers = {}) {
  const folder = temporaryFolder(context);
  const record = { file: join(folder, 'one.json'), name: 'one.json' };
  const nodes = fakeNodes({ chain_getBlockHash: GENESIS, ...answers });
  const events: RotationEvent[] = [];
  const rotate = (change: Partial<RotateInput> = {}, ports: Partial<KeyPorts> = {}) => {
    const fixed = { record, node: NODE, stash: STASH, registration: null, messageBlocks: 100 };
    const signal = AbortSignal.timeout(10_000);
    return rotateKeys(
      { ...fixed, onEvent: (event) => events.push(event), signal, ...change },
      { ...nodes, ...ports },
    );
  };
  const begun = (change: Partial<Rotation> = {}): Rotation => {
    const input = { genesis: GENESIS, stash: STASH_HEX, node: NODE, from: null, oldKeys: OLD, keys: NEW };
    const rotation = { ...begunRotation({ ...input, proof: '0x' }), ...change };
    writeRotation(record.file, rotation);
    return rotation;
  };
  return { folder, record, events, rotate, begun, ...nodes };
}

test('a rotation that is over is reported as it is: no key is made, no call is sent', async (context) => {
  const one = bench(context);
  const rotation = one.begun({ stage: 'verified', queuedIn: 5, provenBy: '0xb10c' });
  assert.deepEqual(await one.rotate(), rotation);
  assert.deepEqual(one.events, [{ kind: 'opened', rotation, isNew: false }]);
  assert.deepEqual(one.calls, ['chain_getBlockHash']);
  assert.deepEqual(one.closed, [NODE]);
});

test('a node on another machine, or one that syncs, makes no keys', async (context) => {
  const away = bench(context);
  await assert.rejects(away.rotate({ node: 'ws://192.0.2.7:9944' }), {
    ...{ code: 'keys-preflight', kind: 'fault', message: /not on the loopback/ },
  });
  assert.deepEqual(away.calls, []);
  const syncing = bench(context, { system_health: { isSyncing: true, peers: 1 } });
  await assert.rejects(syncing.rotate(), { code: 'keys-preflight', message: /is syncing/ });
  for (const one of [away, syncing]) {
    assert.ok(!one.calls.some((method) => method.startsWith('author_')));
    assert.ok(!existsSync(one.record.file));
    assert.equal(one.closed.length, 1);
    assert.deepEqual(readdirSync(one.folder), [], 'the lock is released');
  }
});

test('a record of another stash, another chain or an aborted rotation is never continued', async (context) => {
  const cases: readonly Partial<Rotation>[] = [
    { stash: `0x${'02'.repeat(32)}` },
    { genesis: `0x${'00'.repeat(32)}` },
    { stage: 'aborted' },
  ];
  for (const change of cases) {
    const one = bench(context);
    one.begun(change);
    await assert.rejects(one.rotate(), { code: 'keys-other-rotation', kind: 'fault' });
    assert.deepEqual(one.events, []);
    assert.deepEqual(one.calls, ['chain_getBlockHash']);
  }
});

test('two runs never work on one record: the second names it, and asks no node', async (context) => {
  const one = bench(context);
  one.begun({ stage: 'verified' });
  const unlock = lockRecord(one.record.file);
  const busy = await one.rotate().catch((error: unknown) => error);
  assert.ok(busy instanceof Fault);
  assert.deepEqual([busy.code, busy.problems[0]?.where], ['keys-busy', 'one.json']);
  assert.deepEqual([one.calls, one.closed], [[], []]);
  unlock();
  assert.equal((await one.rotate())?.stage, 'verified');
});

const isLocked = (error: unknown) => error instanceof Fault && error.code === 'network-locked';
const locked = () =>
  fault('network-locked', 'denied', { what: 'another process works on network pier', remedy: 'wait' });

test('no node is asked for keys while a colleague holds the lock of its place', async (context) => {
  const one = bench(context);
  const underLock = async () => Promise.reject(locked());
  await assert.rejects(one.rotate({}, { underLock }), isLocked);
  assert.deepEqual([one.calls, existsSync(one.record.file)], [[], false]);
});

test('the lock is confirmed right before a node makes keys, and no key is made without it', async (context) => {
  const header = { parentHash: GENESIS, number: '0x5', stateRoot: GENESIS, extrinsicsRoot: GENESIS };
  const one = bench(context, {
    ...{ system_health: { isSyncing: false }, chain_getFinalizedHead: GENESIS },
    chain_getHeader: { ...header, digest: { logs: [] } },
    author_rotateKeysWithOwner: { keys: NEW, proof: '0x' },
  });
  const metadata = { unified: { pallets: [] }, ss58Prefix: 42 };
  const views = { at: async () => ({ metadata }) } as unknown as RuntimeViews;
  const node = one.connect(NODE);
  const parts = { node, nodeName: NODE, views, stash: STASH, file: one.record.file };
  const made = () => one.calls.filter((method) => method.startsWith('author_')).length;
  await assert.rejects(
    openRotation(parts, null, () => Promise.reject(locked())),
    isLocked,
  );
  assert.deepEqual([made(), existsSync(one.record.file)], [0, false]);
  let before = -1;
  await openRotation(parts, null, async () => {
    before = made();
  });
  assert.deepEqual([before, made(), existsSync(one.record.file)], [0, 1, true]);
});
