import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { placeFinder, remembering } from './finder.ts';
import { nameBook, nameResolver, type ResolveName } from './names.ts';
import { readOwnAddresses } from './own-addresses.ts';
import { foundPlaceShape, type PlaceAnswer, type PlaceSource } from './port.ts';

const SIGNAL = new AbortController().signal;

/** Counts who is asked for, and says the address as city. */
function source(): PlaceSource & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    check: async () => undefined,
    lookUp: async (addresses) => {
      asked.push(...addresses);
      return new Map(
        addresses.map((one): [string, PlaceAnswer] => [
          one,
          one.endsWith('.9') ? { why: 'none' } : { place: foundPlaceShape.parse({ city: `at ${one}` }) },
        ]),
      );
    },
    close: async () => undefined,
  };
}

/** A name server on loopback: A records by name; of names that are not in it it says nothing at all. */
async function nameServer(context: TestContext, records: Readonly<Record<string, readonly string[]>>) {
  const socket = createSocket('udp4');
  const asked: string[] = [];
  const kept: (() => void)[] = [];
  let holds = false;
  socket.on('message', (query, { port }) => {
    let end = 12;
    const labels: string[] = [];
    for (let size = query[end] ?? 0; size > 0; size = query[end] ?? 0) {
      labels.push(query.toString('latin1', end + 1, end + 1 + size));
      end += size + 1;
    }
    const found = records[labels.join('.')];
    if (found === undefined) return;
    const isA = query.readUInt16BE(end + 1) === 1;
    if (isA) asked.push(labels.join('.'));
    const answers = isA ? found : [];
    const head = Buffer.from(query.subarray(0, end + 5));
    head.writeUInt16BE(0x8180, 2);
    head.writeUInt16BE(answers.length, 6);
    head.writeUInt32BE(0, 8);
    const rows = answers.map((ip) =>
      Buffer.from([0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...ip.split('.').map(Number)]),
    );
    const send = (): void => socket.send(Buffer.concat([head, ...rows]), port, '127.0.0.1');
    if (holds) kept.push(send);
    else send();
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  context.after(() => socket.close());
  return {
    address: `127.0.0.1:${(socket.address() as AddressInfo).port}`,
    asked,
    hold: () => {
      holds = true;
    },
    /** Both questions of a name are here. */
    held: async () => {
      while (kept.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    },
    release: () => {
      holds = false;
      for (const send of kept.splice(0)) send();
    },
  };
}

test('names are resolved, special addresses are told apart, and each address is asked for once', async (context) => {
  const server = await nameServer(context, {
    'two.example.org': ['203.0.113.20', '203.0.113.3'],
    'inside.example.org': ['192.168.1.7'],
    'none.example.org': [],
  });
  let nowMs = 0;
  const places = source();
  // Only the one that is never answered is waited for, and only that one is asked for twice.
  const [soon, patient] = [nameResolver(200, [server.address]), nameResolver(60_000, [server.address])];
  const resolve: ResolveName = (name, signal) => (name.startsWith('silent') ? soon : patient)(name, signal);
  const names = nameBook(resolve, () => nowMs);
  const { find } = placeFinder({ source: places, names, ownAddresses: async () => new Map() });
  const asked = [
    '203.0.113.3',
    'two.example.org',
    '::ffff:203.0.113.3',
    '10.0.0.1',
    'inside.example.org',
    'none.example.org',
    'silent.example.org',
    '203.0.113.9',
    '2001:DB8::1',
  ];
  const found = await find(asked, SIGNAL);
  const words = asked.map((one) => {
    const answer = found.get(one);
    return answer === undefined ? 'missing' : 'place' in answer ? answer.place.city : answer.why;
  });
  const none = 'the name of its node has no address, or none in time';
  const inside = 'its address is private, and belongs to no place';
  assert.deepEqual(words, [
    'at 203.0.113.3',
    'at 203.0.113.3',
    'at 203.0.113.3',
    inside,
    inside,
    none,
    none,
    'none',
    'at 2001:db8::1',
  ]);
  assert.deepEqual(places.asked.toSorted(), ['2001:db8::1', '203.0.113.3', '203.0.113.9']);
  await find(['two.example.org'], SIGNAL);
  assert.equal(server.asked.filter((name) => name === 'two.example.org').length, 1, 'a name is kept');
  nowMs += 3_600_000;
  await find(['two.example.org'], SIGNAL);
  assert.equal(server.asked.filter((name) => name === 'two.example.org').length, 2, 'for an hour');
});

test('whoever stops is told nothing more of names, also where the answer comes after that', async (context) => {
  const server = await nameServer(context, { 'two.example.org': ['203.0.113.20'] });
  const resolve = nameResolver(60_000, [server.address]);
  server.hold();
  const stop = new AbortController();
  const waits = resolve('two.example.org', stop.signal);
  await server.held();
  stop.abort();
  server.release();
  assert.equal(await waits, null);
  assert.equal(await resolve('two.example.org', stop.signal), null);
  assert.deepEqual(await resolve('two.example.org', SIGNAL), ['203.0.113.20']);
});

test('what name servers say after the deadline is not waited for', async (context) => {
  const silent = await Promise.all(Array.from({ length: 6 }, () => nameServer(context, {})));
  const answers = await nameServer(context, { 'two.example.org': ['203.0.113.20'] });
  const servers = [...silent, answers].map(({ address }) => address);
  assert.equal(await nameResolver(500, servers)('two.example.org', SIGNAL), null);
});

test('names that have no address keep nobody else from theirs: not for ever, and not the next time', async () => {
  const asked: string[] = [];
  const resolve = async (name: string, signal: AbortSignal) => {
    asked.push(name);
    if (name.startsWith('good')) return ['203.0.113.3'];
    await new Promise<void>((end) => signal.addEventListener('abort', () => end(), { once: true }));
    return null;
  };
  const names = nameBook(resolve, () => 0, 50);
  // Taken from the end, eight at once.
  const all = ['good.example.org', ...Array.from({ length: 8 }, (_, at) => `bad-${at}.example.org`)];
  assert.equal((await names(all, SIGNAL)).size, 0);
  assert.ok(!asked.includes('good.example.org'));
  assert.deepEqual([...(await names(all, SIGNAL))], [['good.example.org', '203.0.113.3']]);
});

test('of several addresses the lowest IPv4 address counts', async () => {
  const names = nameBook(
    async () => ['::5', '203.0.113.20', '203.0.113.3'],
    () => 0,
  );
  assert.equal((await names(['a.example.org'], SIGNAL)).get('a.example.org'), '203.0.113.3');
});

test('what was found is kept for its time, what was not found is asked for again', async () => {
  let nowMs = 0;
  const places = source();
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

test("the programme's own addresses are read by stash, and what is wrong with them is told by line without them", () => {
  const good = readOwnAddresses(
    `{ "${STASH.toUpperCase().replace('0X', '0x')}": " 203.0.113.7 ", "15oF4uVJwmo4TdGW7VfQxNLavjCXviqxT9S1MgbjMNHr6Sp5": "a.example.org" }`,
    'addresses.json',
  );
  assert.deepEqual([...good.values()], ['203.0.113.7', 'a.example.org']);
  assert.ok(good.has(STASH));
  const wrong: Readonly<Record<string, RegExp>> = {
    '[]': /line 1: it is no object; write/,
    '{': /line 1: .*mend the JSON/,
    '{ "x": "203.0.113.7" }': /"x" is no stash/,
    [`{\n"${STASH}": "203.0.113.7:30333" }`]:
      /line 2: what .* has is no address; write an IP address or a DNS name/,
    [`{ "${STASH}": 7 }`]: /is no address/,
    [`{ "${STASH}": "203.0.113.7", "${STASH}": "203.0.113.7" }`]: /stands twice/,
  };
  for (const [text, expected] of Object.entries(wrong))
    assert.throws(
      () => readOwnAddresses(text, 'addresses.json'),
      (error) => error instanceof Error && expected.test(error.message) && !error.message.includes('203.0'),
      text,
    );
});
