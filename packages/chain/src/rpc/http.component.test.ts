import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import { type TestContext, test } from 'node:test';
import { systemClock } from '@watchbill/kit';
import { listening } from '@watchbill/kit/testing';
import { parseNodeUrl } from './address.ts';
import { NodeFault, type NodeFaultCode } from './fault.ts';
import { httpNode } from './http.ts';
import type { NodeRpc } from './port.ts';

const MAX_BYTES = 1_000;

/** A client of something that speaks HTTP as the test says. */
async function clientOf(t: TestContext, listener: RequestListener): Promise<NodeRpc> {
  const address = parseNodeUrl(`http://127.0.0.1:${await listening(createServer(listener), t)}`);
  const client = httpNode({ address, timeoutMs: 20_000, clock: systemClock(), maxPending: 8 }, MAX_BYTES);
  t.after(() => client.close());
  return client;
}

const coded = (code: NodeFaultCode, about: RegExp) => (error: unknown) =>
  error instanceof NodeFault && error.code === code && about.test(error.message);

const answer = (id: number, result: unknown) => JSON.stringify({ jsonrpc: '2.0', id, result });

test('another status than a good one is a refusal, whatever the body says', async (t) => {
  const client = await clientOf(t, (_, response) => void response.writeHead(503).end(answer(1, 'fine')));
  await assert.rejects(client.call('any'), coded('refused', /503/));
});

test('an answer to another call, or text that is not JSON-RPC, is not taken', async (t) => {
  const bodies = [answer(7, 'fine'), '<html>', '[]', '{}'];
  const client = await clientOf(t, (_, response) => void response.end(bodies.shift()));
  for (const _ of [...bodies]) await assert.rejects(client.call('any'), coded('malformed', /any/));
});

test('an answer that does not end is given up', async (t) => {
  const client = await clientOf(t, (_, response) => void response.end(answer(1, 'x'.repeat(MAX_BYTES))));
  await assert.rejects(client.call('any'), coded('malformed', /more than 1000 bytes/));
});

test('a call is not sent on to where a node points', async (t) => {
  let asked = 0;
  const elsewhere = createServer((_, response) => {
    asked += 1;
    response.end(answer(1, 'elsewhere'));
  });
  const location = `http://127.0.0.1:${await listening(elsewhere, t)}/`;
  const client = await clientOf(t, (_, response) => void response.writeHead(307, { location }).end());
  await assert.rejects(client.call('any'), NodeFault);
  assert.equal(asked, 0);
});

test('the text of an error is cut', async (t) => {
  const error = { code: 1, message: 'm', data: 'trace '.repeat(130) };
  const client = await clientOf(t, (_, response) => void response.end(JSON.stringify({ id: 1, error })));
  const caught = await client.call('any').catch((thrown: unknown) => thrown);
  assert.ok(caught instanceof NodeFault && caught.rpcCode === 1);
  assert.equal(caught.message.length, 500);
});
