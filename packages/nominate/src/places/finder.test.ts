import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createVirtualClock } from '@watchbill/kit/testing';
import { remembering } from './finder.ts';
import { NAME_LIMITS, nameBook } from './names.ts';
import { readOwnAddresses } from './own-addresses.ts';
import { fakeSource } from './testing/fake-source.ts';

const SIGNAL = new AbortController().signal;

test('names without an address do not delay the others, in this call or the next', async () => {
  const asked: string[] = [];
  const resolve = async (name: string, signal: AbortSignal) => {
    asked.push(name);
    if (name.startsWith('good')) return ['203.0.113.3'];
    await new Promise<void>((end) => signal.addEventListener('abort', () => end(), { once: true }));
    return null;
  };
  const clock = createVirtualClock();
  const names = nameBook(resolve, clock);
  // Taken from the end, eight at once.
  const all = ['good.example.org', ...Array.from({ length: 8 }, (_, at) => `bad-${at}.example.org`)];
  const first = names(all, SIGNAL);
  await clock.advance(NAME_LIMITS.togetherMs);
  assert.equal((await first).size, 0);
  assert.ok(!asked.includes('good.example.org'));
  const second = names(all, SIGNAL);
  await clock.advance(NAME_LIMITS.togetherMs);
  assert.deepEqual([...(await second)], [['good.example.org', '203.0.113.3']]);
  assert.equal(clock.pending(), 0);
});

test('of several addresses the lowest IPv4 address counts', async () => {
  const names = nameBook(async () => ['::5', '203.0.113.20', '203.0.113.3'], createVirtualClock());
  assert.equal((await names(['a.example.org'], SIGNAL)).get('a.example.org'), '203.0.113.3');
});

test('found places are cached for a while, others are looked up again', async () => {
  let nowMs = 0;
  const places = fakeSource();
  const kept = remembering(places, { keepMs: 1_000, most: 2, nowMs: () => nowMs });
  const ask = async () => (await kept.lookUp(['203.0.113.1', '203.0.113.9'], SIGNAL)).size;
  assert.equal(await ask(), 2);
  assert.equal(await ask(), 2);
  assert.deepEqual(places.asked, ['203.0.113.1', '203.0.113.9', '203.0.113.9']);
  nowMs = 1_000;
  await ask();
  assert.equal(places.asked.filter((one) => one === '203.0.113.1').length, 2);
  await kept.lookUp(['203.0.113.2', '203.0.113.3'], SIGNAL);
  await kept.lookUp(['203.0.113.2', '203.0.113.3'], SIGNAL);
  assert.equal(
    places.asked.filter((one) => one === '203.0.113.3').length,
    2,
    'no more than the bound are kept',
  );
});

const STASH = `0x${'11'.repeat(32)}`;

test("the programme's own addresses are read by stash, and errors name the line and not the address", () => {
  const good = readOwnAddresses(
    `{ "${STASH.toUpperCase().replace('0X', '0x')}": " 203.0.113.7 ", "15oF4uVJwmo4TdGW7VfQxNLavjCXviqxT9S1MgbjMNHr6Sp5": "a.example.org" }`,
    'addresses.json',
  );
  assert.deepEqual([...good.values()], ['203.0.113.7', 'a.example.org']);
  assert.ok(good.has(STASH));
  const wrong: Readonly<Record<string, RegExp>> = {
    '[]': /line 1: it is not an object; write/,
    '{': /line 1: .*correct the JSON/,
    '{ "x": "203.0.113.7" }': /"x" is not the address of a stash/,
    [`{\n"${STASH}": "203.0.113.7:30333" }`]:
      /line 2: the address of .* is invalid; write an IP address or a DNS name/,
    [`{ "${STASH}": 7 }`]: /the address of .* is invalid/,
    [`{ "${STASH}": "203.0.113.7", "${STASH}": "203.0.113.7" }`]: /occurs twice/,
  };
  for (const [text, expected] of Object.entries(wrong))
    assert.throws(
      () => readOwnAddresses(text, 'addresses.json'),
      (error) => error instanceof Error && expected.test(error.message) && !error.message.includes('203.0'),
      text,
    );
});
