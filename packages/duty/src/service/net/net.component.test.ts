import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { after, before, beforeEach, test } from 'node:test';
import type { CallFault } from '@watchbill/kit/call';
import fc from 'fast-check';
import { fakePermit } from '../http/testing/fake-permit.ts';
import { CHAIN, KEY, MEMORY, PEER_SECRET } from '../http/testing/fixed-values.ts';
import { testServer } from '../http/testing/server.ts';
import { shownAddress } from '../session/services.ts';
import { httpNodeRpc } from './node-rpc.ts';
import { httpPeers } from './peers.ts';

type Handler = (request: IncomingMessage, body: string, response: ServerResponse) => void;

let handler: Handler;
const server = createServer((request, response) => {
  let body = '';
  request.on('data', (chunk) => {
    body += chunk;
  });
  request.on('end', () => handler(request, body, response));
});
let url = '';
before(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
});
after(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  handler = (_request, _body, response) => response.end('{}');
});

const rpc = httpNodeRpc();
const roundState = (text: string) => {
  handler = (_request, _body, response) => response.end(text);
  return rpc.roundState(url, 60_000);
};
const result = (setId: unknown, round: unknown) =>
  `{"jsonrpc":"2.0","id":1,"result":{"setId":${setId},"best":{"round":${round},"totalWeight":3},"background":[]}}`;

test('grandpa_roundState is asked by JSON-RPC over POST', async () => {
  const seen: { method: string | undefined; type: string | undefined; body: unknown }[] = [];
  handler = (request, body, response) => {
    seen.push({ method: request.method, type: request.headers['content-type'], body: JSON.parse(body) });
    response.end(result(4, 17));
  };
  assert.deepEqual(await rpc.roundState(url, 60_000), { setId: 4n, bestRound: 17n });
  const body = { jsonrpc: '2.0', id: 1, method: 'grandpa_roundState', params: [] };
  assert.deepEqual(seen, [{ method: 'POST', type: 'application/json', body }]);
});

test('numbers are exact up to u64', async () => {
  const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
  await fc.assert(
    fc.asyncProperty(u64, u64, async (setId, bestRound) => {
      assert.deepEqual(await roundState(result(setId, bestRound)), { setId, bestRound });
    }),
    { numRuns: 50, examples: [[2n ** 64n - 1n, 2n ** 53n + 1n]] },
  );
});

test('anything else is an error that says what to do', async () => {
  for (const text of [
    result('-1', 1),
    result('1.5', 1),
    result('1e400', 1),
    result('18446744073709551616', 1),
    result('"4"', 1),
    result('null', 1),
    '{"jsonrpc":"2.0","id":1,"result":null}',
    '{"jsonrpc":"2.0","id":1,"result":{"setId":1}}',
    '[]',
    'not json',
    '',
  ]) {
    await assert.rejects(
      roundState(text),
      { name: 'CallFault', code: 'answer-invalid', remedy: /rpcUrl/ },
      text,
    );
  }
  const old = '{"jsonrpc":"2.0","id":1,"result":{"setId":4,"best":{"round":17},"background":[],"ageMs":0}}';
  await assert.rejects(roundState(old), /old value, because its voter is waiting/);
  const refusal = '{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"GRANDPA RPC endpoint not ready"}}';
  await assert.rejects(roundState(refusal), /refused grandpa_roundState: 1 GRANDPA RPC endpoint not ready/);
});

test('a node that is slow, gone, redirecting or endless is an error', async () => {
  handler = () => undefined;
  await assert.rejects(rpc.roundState(url, 50), { code: 'timeout' });
  handler = (request) => request.socket.destroy();
  await assert.rejects(rpc.roundState(url, 60_000), { code: 'unreachable' });
  handler = (_request, _body, response) => response.writeHead(302, { location: 'http://x/' }).end();
  await assert.rejects(rpc.roundState(url, 60_000), { code: 'answer-invalid' });
  handler = (_request, _body, response) => response.end('x'.repeat(5_000_000));
  await assert.rejects(rpc.roundState(url, 60_000), { code: 'answer-too-large' });
  await assert.rejects(rpc.roundState('nonsense', 60_000), { code: 'address-invalid' });
});

test('the memory and the units of another service are read with the secret of the ledger', async () => {
  const units = { facts: [], ended: { duty: 'babe', unit: '42' } };
  const other = await testServer({ ...fakePermit(), unitFacts: () => units });
  const memory = await httpPeers().memory(`${other.url}/`, PEER_SECRET, 60_000);
  assert.deepEqual(memory, MEMORY);
  const query = { chain: CHAIN, key: KEY, limit: 1 };
  assert.deepEqual(await httpPeers().units?.(other.url, PEER_SECRET, query, 60_000), units);
  await assert.rejects(httpPeers().memory(other.url, 'wrong-secret', 60_000), (error: CallFault) => {
    assert.equal(error.code, 'answer-invalid');
    assert.match(error.message, /status 403/);
    assert.doesNotMatch(`${error.message} ${error.remedy}`, /wrong-secret/);
    return true;
  });
  await other.close(1_000);
});

test('the points, session and reports of a service are passed on', async () => {
  const point = {
    ...{ epoch: 'e', seq: '7', hash: 'ab'.repeat(32), unit: '12/345', part: 'prevote' },
    ...{ nonce: 'n', top: '12/346' },
  } as const;
  const adoption = { ...point, unit: null, part: null, top: null };
  const memory = {
    ...{ service: 's', ledger: 'l', points: { m: point, k: adoption } },
    ...{ session: '{"v":2}', openedMs: null, reports: { 'c/o': 'r' }, observers: { 'c/k/': ['c/o'] } },
  };
  handler = (_request, _body, response) => response.end(JSON.stringify(memory));
  assert.deepEqual(await httpPeers().memory(url, 's', 60_000), memory);
  for (const wrong of [{ unit: '012' }, { part: 'sign' }, { top: 5 }, { nonce: '' }, { extra: 1 }]) {
    const points = { m: { ...point, ...wrong } };
    handler = (_request, _body, response) => response.end(JSON.stringify({ ...memory, points }));
    await assert.rejects(httpPeers().memory(url, 's', 60_000), { code: 'answer-invalid' });
  }
});

test('an answer that is no memory is refused', async () => {
  for (const text of [
    '',
    '{}',
    '[]',
    '{"service":"s","ledger":"l","points":{"m":{"epoch":"e","seq":"-1","hash":""}}}',
  ]) {
    handler = (_request, _body, response) => response.end(text);
    await assert.rejects(httpPeers().memory(url, 's', 60_000), { code: 'answer-invalid' });
  }
  handler = () => undefined;
  await assert.rejects(httpPeers().memory(url, 's', 50), { code: 'timeout' });
});

test('the secret of the ledger goes to no address but https and loopback', async () => {
  const asked: (string | undefined)[] = [];
  handler = (request, _body, response) => {
    // A request that a test before gave up may arrive only now.
    if (request.headers.authorization !== 'Bearer s') asked.push(request.headers.authorization);
    response.end('{}');
  };
  const { port, host } = new URL(url);
  const wrong: readonly (readonly [string, RegExp])[] = [
    ['http://192.0.2.2:8499', /is http and not of this machine/],
    [`http://127.0.0.1.nip.example:${port}`, /is http and not of this machine/],
    [`http://ops:hunter2@${host}`, /holds a user or a password/],
    [`https://ops:hunter2@${host}`, /holds a user or a password/],
    [`http://${host}?to=hunter2`, /has a query/],
    [`http://${host}/#hunter2`, /has a query/],
    ['ops:hunter2@host', /is not an https URL/],
    ['hunter2', /is not an https URL/],
  ];
  for (const [address, what] of wrong) {
    await assert.rejects(httpPeers().memory(address, 'the-secret', 60_000), (error: CallFault) => {
      assert.equal(error.code, 'address-invalid', address);
      assert.match(error.message, what, address);
      assert.doesNotMatch(`${error.message} ${error.remedy}`, /hunter2|the-secret/);
      return true;
    });
  }
  assert.deepEqual(asked, []);
  await assert.rejects(httpPeers().memory(url, 'the-secret', 60_000), { code: 'answer-invalid' });
  assert.deepEqual(asked, ['Bearer the-secret']);
});

test('an address is shown without what might be a secret', () => {
  assert.equal(shownAddress('https://box1.example:8450/'), 'https://box1.example:8450/');
  assert.equal(shownAddress('http://ops:hunter2@host:1/x'), 'http://…@host:1/x');
  assert.equal(shownAddress('https://host/?token=hunter2#hunter2'), 'https://host/');
  assert.equal(shownAddress('http://ops:hun/ter2@host'), 'http://…@host');
  assert.equal(shownAddress('ops:hunter2@host'), '…@host');
});
