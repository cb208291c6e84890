import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { describe, test } from 'node:test';
import { UNSAFE_METHODS } from '../file/rpc/index.ts';
import { ALL, eventually, gatewayGround, KEY, rpc } from './testing/gateway.ts';

// These tests mostly wait, so they run at the same time.
describe('the gateway over HTTP', { concurrency: 4 }, () => {
  test('a request goes to the node and its answer comes back', async (t) => {
    const { ask, nodes } = await gatewayGround(t);
    const { status, text } = await ask(rpc('system_chain', [], 'a'));
    assert.equal(status, 200);
    assert.deepEqual(JSON.parse(text), { jsonrpc: '2.0', id: 'a', result: 'Fake' });
    assert.deepEqual(nodes[0]?.asked, ['system_chain']);
  });

  test('unsafe methods are refused for a key that may call everything, and no node hears of them', async (t) => {
    const { ask, nodes } = await gatewayGround(t);
    for (const pattern of UNSAFE_METHODS) {
      const method = pattern.replace('*', 'x');
      const { text } = await ask(rpc(method));
      assert.equal(JSON.parse(text).error.code, -32601, method);
    }
    assert.deepEqual(nodes[0]?.asked, []);
  });

  test('a method hidden in a batch, or behind a member that stands twice, does not get through', async (t) => {
    const { ask, nodes } = await gatewayGround(t);
    const { text } = await ask([rpc('system_chain', [], 1), rpc('author_rotateKeys', [], 2)]);
    const answers = JSON.parse(text) as { id: number; error?: unknown }[];
    assert.deepEqual(
      answers.map(({ id, error }) => [id, error !== undefined]),
      [
        [1, false],
        [2, true],
      ],
    );
    await ask('{"jsonrpc":"2.0","id":1,"method":"author_rotateKeys","method":"system_chain","params":[]}');
    await ask('{"jsonrpc":"2.0","id":1,"method":"system_chain","method":"author_rotateKeys","params":[]}');
    await ask('{"jsonrpc":"2.0","id":1,"meth\\u006fd":"author_rotateKeys","params":[]}');
    assert.ok(!nodes[0]?.bodies.some((body) => body.includes('rotateKeys')), String(nodes[0]?.bodies));
    assert.deepEqual(nodes[0]?.asked, ['system_chain', 'system_chain']);
  });

  test('methods that a tier does not offer are refused', async (t) => {
    const few = { ...ALL, methods: ['chain_*', 'system_chain'] };
    const { ask, nodes } = await gatewayGround(t, { tiers: { all: few } });
    assert.match((await ask(rpc('state_call'))).text, /is not offered to this key/);
    assert.match((await ask(rpc('system_chain'))).text, /Fake/);
    assert.match((await ask(rpc('system_chainType'))).text, /is not offered/);
    assert.match((await ask(rpc('chain_getBlock'))).text, /result/);
    assert.deepEqual(nodes[0]?.asked, ['system_chain', 'chain_getBlock']);
  });

  test('a caller without a key, with a wrong one, or with an expired one is refused', async (t) => {
    const { ask, nodes, setKeys, log } = await gatewayGround(t);
    assert.equal((await ask(rpc('system_chain'), null)).status, 401);
    assert.equal((await ask(rpc('system_chain'), 'wbk_other')).status, 401);
    assert.equal((await ask(rpc('system_chain'), KEY, `/k/${KEY}`)).status, 200);
    assert.equal((await ask(rpc('system_chain'), null, `/k/${KEY}`)).status, 200);
    assert.equal((await ask(rpc('system_chain'), 'other', `/k/${KEY}`)).status, 401);
    assert.equal(nodes[0]?.asked.length, 2);
    setKeys([]);
    await eventually('the key is gone', async () => (await ask(rpc('system_chain'))).status === 401);
    assert.ok(!log.join('').includes(KEY));
  });

  test('a caller without a key has a separate tier if one is named', async (t) => {
    const tiers = {
      all: ALL,
      public: { ...ALL, methods: ['system_chain'], requestsPerSecond: 0.001, burst: 2 },
    };
    const { ask } = await gatewayGround(t, { tiers, anonymous: 'public' });
    assert.match((await ask(rpc('system_chain'), null)).text, /Fake/);
    assert.match((await ask(rpc('state_call'), null)).text, /not offered/);
    const third = await ask(rpc('system_chain'), null);
    assert.equal(third.status, 429);
    assert.ok(Number(third.headers.get('retry-after')) > 1);
    assert.equal((await ask(rpc('system_chain'))).status, 200, 'others have their own share');
  });

  test('every request of a batch costs, and dear methods cost more', async (t) => {
    const tiers = { all: { ...ALL, requestsPerSecond: 0.001, burst: 10 } };
    const { ask } = await gatewayGround(t, { tiers, costs: { 'state_*': 5 } });
    assert.equal((await ask([rpc('system_chain'), rpc('state_call', [], 2)])).status, 200);
    assert.equal((await ask(rpc('state_call'))).status, 429);
    assert.equal((await ask(rpc('system_chain'))).status, 200);
  });

  test('bodies, batches and depth have limits, and invalid input has separate errors', async (t) => {
    const { ask, nodes } = await gatewayGround(t, {
      limits: { bodyBytes: 2_048 },
      tiers: { all: { ...ALL, batch: 2 } },
    });
    assert.equal((await ask(rpc('system_chain', ['x'.repeat(3_000)]))).status, 413);
    assert.match((await ask([1, 2, 3].map((id) => rpc('system_chain', [], id)))).text, /a batch may hold 2/);
    assert.match((await ask(`${'['.repeat(500)}${']'.repeat(500)}`)).text, /nested too deeply/);
    for (const bad of [
      '',
      'no',
      '[]',
      '7',
      '{"jsonrpc":"1.0","id":1,"method":"a"}',
      '{"jsonrpc":"2.0","id":{},"method":"a"}',
    ])
      assert.equal((await ask(bad)).status, 400, bad);
    assert.deepEqual(nodes[0]?.asked, []);
  });

  test('wide numbers reach the node as they were written', async (t) => {
    const { ask, nodes } = await gatewayGround(t);
    await ask(
      '{"jsonrpc":"2.0","id":1,"method":"x_y","params":[340282366920938463463374607431768211455,1.5]}',
    );
    assert.match(nodes[0]?.bodies[0] ?? '', /\[340282366920938463463374607431768211455,1\.5\]/);
  });

  test('pages of other origins may not ask, whatever key they have', async (t) => {
    const { gateway } = await gatewayGround(t, { origins: ['https://app.example'] });
    const from = (origin: string) =>
      fetch(gateway.url, {
        method: 'POST',
        headers: { origin, authorization: `Bearer ${KEY}` },
        body: JSON.stringify(rpc('system_chain')),
      });
    assert.equal((await from('https://evil.example')).status, 403);
    const good = await from('https://app.example');
    assert.equal(good.status, 200);
    assert.equal(good.headers.get('access-control-allow-origin'), 'https://app.example');
  });

  test('notifications get no answer, and do nothing', async (t) => {
    const { ask, nodes } = await gatewayGround(t);
    const { status, text } = await ask({ jsonrpc: '2.0', method: 'system_chain', params: [] });
    assert.deepEqual([status, text], [204, '']);
    assert.deepEqual(nodes[0]?.asked, []);
  });

  test('metrics and readiness are apart, and name no key', async (t) => {
    const { gateway, ask } = await gatewayGround(t);
    await ask(rpc('system_chain'));
    await ask(rpc('author_rotateKeys'));
    const metrics = await (await fetch(`${gateway.adminUrl}/metrics`)).text();
    assert.match(metrics, /watchbill_gateway_requests_total\{tier="all",outcome="allowed"\} 1/);
    assert.match(metrics, /watchbill_gateway_requests_total\{tier="all",outcome="method"\} 1/);
    assert.match(metrics, /watchbill_gateway_backend_state\{backend="node-0",state="ready"\} 1/);
    const ready = await fetch(`${gateway.adminUrl}/readyz`);
    assert.deepEqual([ready.status, ((await ready.json()) as { ready: boolean }).ready], [200, true]);
    assert.equal((await fetch(`${gateway.url}/metrics`)).status, 404);
  });

  test('a body without a length has the same limit, and the excess is not stored', async (t) => {
    const { gateway, nodes } = await gatewayGround(t, { limits: { bodyBytes: 2_048 } });
    const inPieces = (pieces: readonly string[]) =>
      fetch(gateway.url, {
        method: 'POST',
        headers: { authorization: `Bearer ${KEY}` },
        body: new ReadableStream({
          start: (controller) => {
            for (const piece of pieces) controller.enqueue(Buffer.from(piece));
            controller.close();
          },
        }),
        duplex: 'half',
      });
    const text = JSON.stringify(rpc('system_chain', ['é'.repeat(400)]));
    assert.equal((await inPieces([text.slice(0, 30), text.slice(30)])).status, 200);
    assert.equal(nodes[0]?.bodies[0], text, 'pieces are put together before they are read');
    const long = await inPieces([text, 'x'.repeat(1_500)]);
    assert.deepEqual([long.status, long.headers.get('connection')], [413, 'close']);
    assert.equal(nodes[0]?.asked.length, 1);
  });

  test('a body that is announced as too long is refused before it comes', async (t) => {
    const { gateway } = await gatewayGround(t, { limits: { bodyBytes: 2_048 } });
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
    t.after(() => socket.destroy());
    socket.write('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 2049\r\n\r\n');
    let text = '';
    for await (const bytes of socket) text += String(bytes);
    assert.match(text, /^HTTP\/1\.1 413 .*connection: close.*a body may have 2048 bytes/s);
  });

  test('what is under way has a bound, and is answered when the gateway stops', async (t) => {
    const { gateway, ask, node } = await gatewayGround(t, {
      limits: { inFlight: 1 },
      pool: { checkIntervalMs: 60_000, timeoutMs: 6_000 },
    });
    node.manner = 'hang';
    const first = ask(rpc('system_chain'));
    await eventually('the node has it', () => node.asked.length === 1);
    const second = await ask(rpc('system_chain'));
    assert.deepEqual(
      [second.status, second.headers.get('retry-after'), JSON.parse(second.text).error.code],
      [503, '1', -32103],
    );
    const closing = gateway.close(30_000);
    const { status, text, headers } = await first;
    assert.deepEqual([status, JSON.parse(text).error.code], [200, -32104]);
    assert.equal(headers.get('connection'), 'close');
    await closing;
    await assert.rejects(ask(rpc('system_chain')));
    assert.equal(node.asked.length, 1);
  });

  test('other paths and methods get an answer with the right address; pages may send a preflight', async (t) => {
    const { gateway, nodes } = await gatewayGround(t, { origins: ['https://app.example'] });
    const to = (path: string, method: string) =>
      fetch(`${gateway.url}${path}`, { method, headers: { origin: 'https://app.example' } });
    for (const [path, method] of [
      ['/', 'GET'],
      ['/other', 'POST'],
      ['/k/', 'POST'],
      ['/k/a/b', 'POST'],
    ] as const) {
      const answer = await to(path, method);
      assert.equal(answer.status, 404, `${method} ${path}`);
      assert.match(await answer.text(), /send requests by POST to \//);
    }
    const look = await to('/', 'OPTIONS');
    assert.deepEqual(
      [look.status, look.headers.get('access-control-allow-origin')],
      [204, 'https://app.example'],
    );
    assert.deepEqual(nodes[0]?.asked, []);
  });
});
