import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type HandoverHow, PermitFault } from '../contract.ts';
import { fakePermit } from './testing/fake-permit.ts';
import { CHAIN, KEY, secretOf } from './testing/fixed-values.ts';
import { serve } from './testing/server.ts';

const body = JSON.stringify({ chain: CHAIN, key: KEY, to: 'node-b', force: 'the machine hangs' });
const headers = { authorization: `Bearer ${secretOf('operator')}`, 'content-type': 'application/json' };
const order = { method: 'POST', headers, body };

test('a client that goes away calls its handover off; the operator and the reason come with it', async (context) => {
  const called = Promise.withResolvers<HandoverHow>();
  const permit = fakePermit({
    handOver: (_chain, _key, _to, how) =>
      new Promise((_resolve, reject) => {
        if (how === undefined) throw new Error('a handover without its caller');
        called.resolve(how);
        how.signal?.addEventListener('abort', () => reject(new PermitFault('called-off', 409, '', '')));
      }),
  });
  const server = await serve(context, permit);
  const leave = new AbortController();
  const left = fetch(`${server.url}/v1/watch/handover`, { ...order, signal: leave.signal });
  const refused = assert.rejects(left, { name: 'AbortError' });
  const { by, force, signal } = await called.promise;
  assert.deepEqual([by, force, signal?.aborted], ['operator-a', 'the machine hangs', false]);
  leave.abort();
  await refused;
  await new Promise<void>((resolve) => {
    if (signal?.aborted === true) resolve();
    else signal?.addEventListener('abort', () => resolve());
  });
});

test('a handover that was answered is not called off afterwards', async (context) => {
  let given: AbortSignal | undefined;
  const inner = fakePermit();
  const permit = fakePermit({
    handOver: (chain, key, to, how) => {
      given = how?.signal;
      return inner.handOver(chain, key, to);
    },
  });
  const server = await serve(context, permit);
  const answer = await fetch(`${server.url}/v1/watch/handover`, order);
  assert.equal(answer.status, 200);
  await answer.json();
  assert.equal(given?.aborted, false);
});
