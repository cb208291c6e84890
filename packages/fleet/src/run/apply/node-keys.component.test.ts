import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import { test } from 'node:test';
import { listening } from '@watchbill/kit/testing';
import type { LiveResource } from '../../file/live/index.ts';
import { keysOfPod } from '../kubernetes/reach-pod.ts';
import { keysOfUnit } from '../machines/reach-unit.ts';
import { keysOfNode } from './node-keys.ts';

const SIGNAL = new AbortController().signal;
const key = (at: number) => ({ type: 'gran', key: `0x${String(at).padStart(64, '0')}` });

interface Call {
  readonly id: number;
  readonly method: string;
  readonly params: readonly unknown[];
}

/** The port of a node that answers each call with this. */
function nodeThat(answer: (call: Call) => object): Promise<number> {
  const server = createServer(async (request, response) => {
    const call = (await json(request)) as Call;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ jsonrpc: '2.0', id: call.id, ...answer(call) }));
  });
  return listening(server);
}

/** Asks a node for 20 keys. `closed`: how often its way was closed. */
async function asked(answer: (call: Call) => object) {
  const port = await nodeThat(answer);
  let closed = 0;
  const keys = Array.from({ length: 20 }, (_, at) => key(at));
  const open = async () => ({ port, close: () => void closed++ });
  return { held: await keysOfNode(open, keys, SIGNAL), closed };
}

const has = (wanted: readonly unknown[]) => (call: Call) => {
  assert.deepEqual([call.method, call.params[1]], ['author_hasKey', 'gran']);
  return { result: wanted.includes(call.params[0]) };
};

test('a node names the keys that it has, and its way is closed', async () => {
  const { held, closed } = await asked(has([key(3).key, key(19).key]));
  assert.deepEqual([held, closed], [{ ok: true, held: [key(3), key(19)] }, 1]);
});

test('a node that refuses unsafe methods leaves it unknown, with its words', async () => {
  const { held, closed } = await asked(() => ({
    error: { code: -32_601, message: 'RPC call is unsafe to be called externally' },
  }));
  assert.ok(!held.ok);
  assert.match(held.detail, /RPC call is unsafe to be called externally/);
  assert.equal(closed, 1);
});

test('an answer that is not a yes or no counts as none, and keys that were named before it count', async () => {
  const odd = await asked(() => ({ result: null }));
  assert.ok(!odd.held.ok);
  assert.match(odd.held.detail, /an answer about its keys that cannot be read/);
  const late = await asked((call) =>
    call.params[0] === key(18).key ? { result: 'x' } : has([key(2).key])(call),
  );
  assert.deepEqual(late.held, { ok: true, held: [key(2)] });
});

test('a way that cannot be opened, or that has ended, gives its reason', async () => {
  const closed = await keysOfNode(() => Promise.reject(new Error('no route to host')), [key(0)], SIGNAL);
  assert.deepEqual(closed, { ok: false, detail: 'no route to host' });
  // A port without a listener.
  const ended = async () => ({ port: 9, failure: () => 'the pod is gone', close: () => undefined });
  assert.deepEqual(await keysOfNode(ended, [key(0)], SIGNAL), { ok: false, detail: 'the pod is gone' });
});

function process(id: string, kind: string, body: LiveResource['body']): LiveResource {
  const subject = { pool: null, node: null, role: null, keySet: 'set.one' };
  const [place = ''] = id.split('/');
  return {
    id,
    place,
    kind,
    name: id,
    network: 'net',
    subject,
    lifecycle: 'reconcile',
    body,
    fingerprint: '',
  };
}

test('a unit and a pod are asked at the port of their command line', async () => {
  const ports: unknown[] = [];
  const noWay = async (...where: readonly unknown[]): Promise<never> => {
    ports.push(where);
    throw new Error('Unexpected server response: 403');
  };
  const unit = (text: string) =>
    process('iron/unit/a.service', 'unit', { kind: 'unit', name: 'a.service', text });
  const split = '[Service]\nExecStart=/opt/node --validator \\\n  "--rpc-port=9955" -- --rpc-port=1\n';
  for (const text of [split, '[Service]\nExecStart=/opt/node -- --rpc-port=1\n'])
    await keysOfUnit(noWay, unit(text), [key(0)], SIGNAL);
  const spec = { containers: [{ args: ['--rpc-port=9966', '--', '--rpc-port=2'] }] };
  const pod = process('ams/Pod/nodes/v-0', 'Pod', { spec });
  const forbidden = await keysOfPod(noWay, pod, [key(0)], SIGNAL);
  assert.deepEqual(forbidden, { ok: false, detail: 'the user may not forward ports of pods in nodes' });
  assert.deepEqual(ports, [[9955], [9944], ['nodes', 'v-0', 9966]]);
  const none = await keysOfUnit(noWay, unit('[Service]\nType=oneshot\n'), [key(0)], SIGNAL);
  assert.deepEqual(none, { ok: false, detail: 'iron/unit/a.service runs no node' });
});
