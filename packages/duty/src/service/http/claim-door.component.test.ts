import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { answered, answersTo, LAST, serverBy } from './testing/claim-ways.ts';
import { claimOf, ODD_CLAIMS, type Packets } from './testing/odd-claims.ts';

const door = await serverBy((app) => app.handle);
const ordinary = await serverBy((app) => app.fastify.routing);

/** By the door and by the framework. */
const both = (packets: Packets, quietMs: number) =>
  Promise.all([answered(door, packets, quietMs), answered(ordinary, packets, quietMs)]);

test('odd requests get the same bytes as by the framework, and reach the service as the same claims', async () => {
  assert.ok(ODD_CLAIMS.size > 100);
  const statuses = new Set<string>();
  for (const [name, packets] of ODD_CLAIMS) {
    const [fast, slow] = await both(packets, 1_000);
    assert.deepEqual(fast, slow, name);
    for (const [, status = ''] of fast.text.matchAll(/^HTTP\/1.1 (\d+)/gm)) statuses.add(status);
  }
  for (const status of ['200', '400', '401', '403', '404', '405', '413', '415', '429', '431', '503'])
    assert.ok(statuses.has(status), `no request of the table is answered ${status}`);
  assert.deepEqual(await door.counted(), await ordinary.counted());
});

test('changed bytes get the same answer too', async () => {
  const whole = claimOf('granted');
  const change = fc.record({
    at: fc.nat(whole.length),
    removed: fc.nat(3),
    added: fc.oneof(
      fc.constantFrom('\r\n', '\r\n\r\n', ':', ' ', '"', '{', '0', LAST),
      fc.string({ maxLength: 4 }),
    ),
  });
  const changed = fc
    .array(change, { minLength: 1, maxLength: 3 })
    .map((changes) =>
      changes.reduce(
        (text, { at, removed, added }) => text.slice(0, at) + added + text.slice(at + removed),
        whole,
      ),
    );
  const property = fc.asyncProperty(changed, async (text) => {
    const [fast, slow] = await both([text], 100);
    // On a busy machine the end may come before the answer.
    if (!isDeepStrictEqual(fast, slow)) assert.deepEqual(...(await both([text], 3_000)));
  });
  await fc.assert(property, { numRuns: 300 });
});

test('a claim that comes whole does not reach the framework; one that comes in pieces does', async () => {
  const passed: unknown[] = [];
  const way = await serverBy((app) => {
    const { routing } = app.fastify;
    app.fastify.routing = (request, response) => {
      passed.push(request.url);
      routing(request, response);
    };
    return app.handle;
  });
  const whole = claimOf('granted');
  await answersTo(way, [whole + claimOf('denied')], 1_000);
  assert.deepEqual(passed, ['/livez']);
  await answersTo(way, [whole.slice(0, -9), whole.slice(-9)], 1_000);
  assert.deepEqual(passed, ['/livez', '/v1/claims', '/livez']);
  assert.equal(way.claims.length, 3);
});
