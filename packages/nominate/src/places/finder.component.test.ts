import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { createVirtualClock } from '@watchbill/kit/testing';
import { placeFinder } from './finder.ts';
import { nameBook, nameResolver, type ResolveName } from './names.ts';
import { fakeSource } from './testing/fake-source.ts';

const SIGNAL = new AbortController().signal;

/** A name server on loopback with A records by name. It does not answer for other names. */
async function nameServer(context: TestContext, records: Readonly<Record<string, readonly string[]>>) {
  const socket = createSocket('udp4');
  const asked: string[] = [];
  const kept: (() => void)[] = [];
  let holds = false;
  const bothHeld = Promise.withResolvers<void>();
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
    if (!holds) return send();
    kept.push(send);
    if (kept.length === 2) bothHeld.resolve();
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
    /** Both queries for a name arrived. */
    held: () => bothHeld.promise,
    release: () => {
      holds = false;
      for (const send of kept.splice(0)) send();
    },
  };
}

test('names are resolved, special addresses are recognised, and each address is looked up once', async (context) => {
  const server = await nameServer(context, {
    'two.example.org': ['203.0.113.20', '203.0.113.3'],
    'inside.example.org': ['192.168.1.7'],
    'none.example.org': [],
  });
  const clock = createVirtualClock();
  const places = fakeSource();
  // The test waits only for the name that gets no answer, and only that name is queried twice.
  const [soon, patient] = [nameResolver(200, [server.address]), nameResolver(60_000, [server.address])];
  const resolve: ResolveName = (name, signal) => (name.startsWith('silent') ? soon : patient)(name, signal);
  const names = nameBook(resolve, clock);
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
  await clock.advance(3_600_000);
  await find(['two.example.org'], SIGNAL);
  assert.equal(server.asked.filter((name) => name === 'two.example.org').length, 2, 'for an hour');
});

test('after an abort no name is looked up, even if an answer arrives later', async (context) => {
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

test('answers of name servers after the deadline are ignored', async (context) => {
  const silent = await Promise.all(Array.from({ length: 6 }, () => nameServer(context, {})));
  const answers = await nameServer(context, { 'two.example.org': ['203.0.113.20'] });
  const servers = [...silent, answers].map(({ address }) => address);
  assert.equal(await nameResolver(500, servers)('two.example.org', SIGNAL), null);
});
