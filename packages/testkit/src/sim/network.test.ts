import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createVirtualClock } from '@watchbill/kit/testing';
import { createHost } from './host.ts';
import { createSimNetwork, GOOD_NETWORK, NetworkFault, type NetworkFaults } from './network.ts';
import { createSeededRandom } from './seeded-random.ts';

function setUp(faults: Partial<NetworkFaults> = {}, seed = 1) {
  const clock = createVirtualClock({ startMs: 0 });
  const network = createSimNetwork({
    clock,
    random: createSeededRandom(seed),
    faults: { ...GOOD_NETWORK, ...faults },
  });
  const server = createHost(clock, 'server');
  const client = createHost(clock, 'client');
  const handled: unknown[] = [];
  const serve = (workMs = 0) => {
    const life = server.start(() => {});
    network.serve(life, async (request, from, signal) => {
      handled.push(request);
      await life.clock.sleep(workMs);
      return { request, from, gaveUp: signal.aborted, by: life.number };
    });
  };
  serve();
  const caller = client.start(() => {});
  const ask = (request: unknown = 'hello', timeoutMs = 100) => {
    const seen: { answer?: unknown; error?: unknown; atMs?: number } = {};
    void network.request(caller, 'server', request, timeoutMs).then(
      (answer) => Object.assign(seen, { answer, atMs: clock.nowMs() }),
      (error) => Object.assign(seen, { error, atMs: clock.nowMs() }),
    );
    return seen;
  };
  return { clock, network, server, client, handled, serve, ask };
}

const answered = { request: 'hello', from: 'client', gaveUp: false, by: 1 };

test('a request and its answer take their way, as copies', async () => {
  const { clock, ask, handled } = setUp({ delayMs: [7, 7] });
  const request = { list: [1] };
  const seen = ask(request);
  request.list.push(2);
  await clock.run(50);
  assert.deepEqual([handled, seen.atMs], [[{ list: [1] }], 14]);
  assert.notEqual(handled[0], request);
});

test('without an answer in time the caller gets a fault, and the server learns that it gave up', async () => {
  const { clock, ask, serve, handled } = setUp();
  serve(500);
  const seen = ask();
  await clock.run(1_000);
  assert.ok(seen.error instanceof NetworkFault);
  assert.deepEqual([seen.atMs, handled.length], [100, 1]);
});

test('a lost message is a fault; some losses come after the work was done', async () => {
  const done = new Set<number>();
  for (let seed = 0; seed < 40; seed++) {
    const { clock, ask, handled } = setUp({ lose: 0.5 }, seed);
    const seen = ask();
    await clock.run(1_000);
    if (seen.error !== undefined) done.add(handled.length);
    else assert.deepEqual(seen.answer, answered);
  }
  assert.deepEqual(done, new Set([0, 1]));
});

test('a doubled request is handled twice and answered once', async () => {
  const { clock, ask, handled } = setUp({ double: 1, delayMs: [1, 20] });
  const seen = ask();
  await clock.run(1_000);
  assert.deepEqual([handled, seen.answer], [['hello', 'hello'], answered]);
});

test('one-way cuts: no request arrives, or the work is done and no answer comes', async () => {
  for (const [from, to, count] of [
    ['client', 'server', 0],
    ['server', 'client', 1],
  ] as const) {
    const { clock, ask, handled, network } = setUp();
    network.cut(from, to);
    const seen = ask();
    await clock.run(200);
    assert.ok(seen.error instanceof NetworkFault);
    assert.equal(handled.length, count);
    network.heal();
    const again = ask();
    await clock.run(300);
    assert.deepEqual(again.answer, answered);
  }
});

test('a frozen server answers late; a dead one never; its successor gets what arrives then', async () => {
  const { clock, ask, server, serve, handled } = setUp();
  server.pause();
  const late = ask();
  await clock.run(50);
  assert.equal(handled.length, 0);
  server.resume();
  await clock.run(60);
  assert.deepEqual(late.answer, answered);
  server.crash();
  const lost = ask();
  await clock.run(200);
  assert.ok(lost.error instanceof NetworkFault);
  serve();
  const next = ask();
  await clock.run(300);
  assert.deepEqual(next.answer, { ...answered, by: 2 });
});

test('a server that dies at work sends no answer, and a dead caller receives none', async () => {
  const { clock, ask, server, client, serve, handled } = setUp();
  serve(50);
  const seen = ask();
  await clock.run(10);
  server.crash();
  await clock.run(200);
  assert.deepEqual([handled.length, seen.error instanceof NetworkFault], [1, true]);
  serve(5);
  const unheard = ask();
  client.crash();
  await clock.run(1_000);
  assert.deepEqual(unheard, {});
});
