import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isOnce, isSubscribing, isUnsafe, isUnsubscribing } from '../methods.ts';
import { readRequests } from '../rpc.ts';
import { gatewayShape } from '../settings.ts';
import { READS, simpleBodies, simpleMethods } from './simple.ts';

const ALL = simpleBodies(READS).map((one) => new RegExp(one));
const isSimple = (body: string) => ALL.some((one) => one.test(body));

const tier = (methods: readonly string[]) =>
  gatewayShape.parse({
    listen: { port: 0 },
    backends: [{ name: 'a', url: 'ws://127.0.0.1:1' }],
    tiers: { one: { methods, requestsPerSecond: 1, burst: 1 } },
    anonymous: 'one',
  }).tiers.one as Parameters<typeof simpleMethods>[0];

test('what clients send is simple', () => {
  for (const body of [
    '{"jsonrpc":"2.0","id":1,"method":"chain_getBlockHash","params":[0]}',
    '{"id":17,"jsonrpc":"2.0","method":"state_getStorage","params":["0xabcd",null]}',
    '{"jsonrpc": "2.0", "id": "a-1", "method": "state_queryStorageAt", "params": [["0x01", "0x02"], "0x03"]}',
    '{"jsonrpc":"2.0","method":"system_health","params":[],"id":0}',
    '{"jsonrpc":"2.0","id":1,"method":"system_chain"}',
  ])
    assert.ok(isSimple(body), body);
});

test('what two readers may read in two ways, or is more than one read, is not', () => {
  for (const body of [
    // A member twice: some readers take the first, others the last.
    '{"jsonrpc":"2.0","id":1,"method":"chain_getHeader","params":[],"method":"author_rotateKeys"}',
    '{"jsonrpc":"2.0","id":1,"method":"chain_getHeader","method":"author_rotateKeys"}',
    // An escape.
    '{"jsonrpc":"2.0","id":1,"m\\u0065thod":"chain_getHeader","params":[]}',
    '{"jsonrpc":"2.0","id":1,"method":"chain_getHeader","params":["\\u0022"]}',
    '{"jsonrpc":"2.0","id":1,"method":"chain_getHeader","params":["\\"],"method":"author_rotateKeys","x":["\\"]}',
    // Something before or after it.
    '{"jsonrpc":"2.0","id":1,"method":"chain_getHeader","params":[]}{"jsonrpc":"2.0","id":2,"method":"author_rotateKeys","params":[]}',
    ' {"jsonrpc":"2.0","id":1,"method":"chain_getHeader","params":[]}',
    '[{"jsonrpc":"2.0","id":1,"method":"chain_getHeader","params":[]}]',
    // Not JSON, or no number that every reader holds.
    '{"jsonrpc":"2.0","id":01,"method":"chain_getHeader","params":[]}',
    '{"jsonrpc":"2.0","id":1,"method":"chain_getHeader","params":[1,]}',
    '{"jsonrpc":"2.0","id":1,"method":"chain_getHeader","params":[12345678901234567890]}',
    '{"jsonrpc":"2.0","id":1,"method":"chain_getHeader","params":["\u0000"]}',
    '{"jsonrpc":"2.0","id":1,"method":"chain_getHeader","params":["\u00e9"]}',
    // No answer is wanted, another version, another method.
    '{"jsonrpc":"2.0","method":"chain_getHeader","params":[]}',
    '{"jsonrpc":"1.0","id":1,"method":"chain_getHeader","params":[]}',
    '{"jsonrpc":"2.0","id":1,"method":"chain_getHeaderX","params":[]}',
    '{"jsonrpc":"2.0","id":1,"method":"author_submitExtrinsic","params":["0x"]}',
  ])
    assert.ok(!isSimple(body), body);
});

const word = fc.stringMatching(/^[ !#-[\]-~]{0,12}$/);
const value = fc.oneof(word, fc.integer(), fc.boolean(), fc.constant(null));
const request = fc.record({
  id: fc.oneof(fc.nat(), fc.stringMatching(/^[0-9A-Za-z_.:-]{1,20}$/)),
  method: fc.constantFrom(...READS),
  params: fc.array(fc.oneof(value, fc.array(value, { maxLength: 4 })), { maxLength: 4 }),
});
const orders = ['jsonrpc id method params', 'id jsonrpc method params', 'jsonrpc method params id'];

test('a body that is simple means what the gateway reads in it, however it was bent', () => {
  const bent = fc.tuple(
    request,
    fc.constantFrom(...orders),
    fc.array(
      fc.tuple(
        fc.nat(),
        fc.constantFrom('', '"', '\\', ',', ']', '}', '{', '[', ' ', ':', '"method":"x",', '0'),
      ),
      {
        maxLength: 3,
      },
    ),
  );
  let tried = 0;
  let simpleCount = 0;
  fc.assert(
    fc.property(bent, ([one, order, bends]) => {
      tried += 1;
      const whole: Readonly<Record<string, unknown>> = { jsonrpc: '2.0', ...one };
      let text = JSON.stringify(Object.fromEntries(order.split(' ').map((name) => [name, whole[name]])));
      if (bends.length === 0) assert.ok(isSimple(text), text);
      for (const [at, put] of bends) {
        const place = at % (text.length + 1);
        text = `${text.slice(0, place)}${put}${text.slice(place + (put === '' ? 1 : 0))}`;
      }
      if (!isSimple(text)) return;
      simpleCount += 1;
      const read = readRequests(text, 1);
      assert.ok(read.ok && !read.isBatch && read.requests.length === 1, text);
      const method = read.requests[0]?.method ?? '';
      assert.ok((READS as readonly string[]).includes(method));
      // Each name of a member stands once, values included, so no reader can find another.
      const parsed = JSON.parse(text) as Readonly<Record<string, unknown>>;
      for (const name of Object.keys(parsed)) assert.equal(text.split(`"${name}":`).length, 2, text);
    }),
    { numRuns: 3_000 },
  );
  assert.ok(simpleCount > tried / 6, `${simpleCount} of ${tried} are simple`);
});

test('a tier gives the front what it offers, and nothing that costs more', () => {
  assert.deepEqual(simpleMethods(tier(['chain_getHeader', 'state_getS*']), { 'state_getStorageS*': 2 }), [
    'chain_getHeader',
    'state_getStorage',
    'state_getStorageHash',
  ]);
  assert.deepEqual(simpleMethods(tier(['author_*']), {}), []);
  assert.deepEqual(simpleBodies([]), []);
});

test('no read is unsafe, submits or subscribes', () => {
  for (const method of READS)
    for (const is of [isUnsafe, isOnce, isSubscribing, isUnsubscribing]) assert.ok(!is(method), method);
});
