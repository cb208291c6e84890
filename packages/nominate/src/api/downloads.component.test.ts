import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { digestOfText } from '@watchbill/kit';
import { decodeStored, encodeStored, textPieces } from '../rounds/stored.ts';
import type { ApiLimits } from './options.ts';
import { acceptsGzip, documentOf } from './reading/document.ts';
import { type TestSite, testSite } from './testing/site.ts';

test('a document is the same to the byte, compressed or not, and has an ETag for each form', async (context) => {
  const { get, app, store, filled } = await testSite(context);
  const id = filled.rounds.at(-1) ?? '';
  const stored = (await store.rounds.get(id)) ?? assert.fail();
  for (const [name, text] of [
    ['stored', encodeStored(stored)],
    ['snapshot', stored.snapshot],
  ] as const) {
    const url = `/v1/rounds/${id}/${name}`;
    const plain = await get(url);
    assert.equal(plain.body, text);
    assert.equal(Number(plain.headers['content-length']), Buffer.byteLength(text));
    const packed = await app.inject({ url, headers: { 'accept-encoding': 'br, gzip' } });
    assert.equal(packed.headers['content-encoding'], 'gzip');
    assert.equal(packed.headers.vary, 'accept-encoding');
    assert.equal(gunzipSync(packed.rawPayload).toString(), text);
    assert.ok(packed.rawPayload.length < text.length / 4);
    const tags = [plain.headers.etag, packed.headers.etag].map(String);
    assert.notEqual(tags[0], tags[1]);
    for (const tag of tags) assert.equal((await get(url, { 'if-none-match': tag })).status, 304);
    const head = await app.inject({ method: 'HEAD', url });
    assert.deepEqual([head.statusCode, head.body], [200, '']);
    assert.equal(head.headers['content-length'], plain.headers['content-length']);
  }
  const tag = String((await get(`/v1/rounds/${id}/stored`)).headers.etag);
  assert.ok(decodeStored((await get(`/v1/rounds/${id}/stored`)).body).ok);
  assert.equal((await get(`/v1/rounds/${filled.rounds[0]}/stored`, { 'if-none-match': tag })).status, 200);
});

test('a document is made once for all of its readers', async (context) => {
  const { app, filled } = await testSite(context);
  const url = `/v1/rounds/${filled.rounds[0]}/stored`;
  const headers = { 'accept-encoding': 'gzip' };
  const answers = await Promise.all([1, 2, 3, 4].map(() => app.inject({ url, headers })));
  for (const { rawPayload } of answers) assert.deepEqual(rawPayload, answers[0]?.rawPayload);
  let made = 0;
  const pieces = function* () {
    made += 1;
    yield 'a';
  };
  const { size, gzip } = await documentOf('"e"', pieces());
  assert.deepEqual([made, size, gunzipSync(gzip).toString()], [1, 1, 'a']);
});

test('pieces split no character, and gzip counts only with a weight', () => {
  const text = `${'a'.repeat(65_535)}🏴${'b'.repeat(70_000)}`;
  const pieces = [...textPieces(text)];
  assert.equal(pieces.join(''), text);
  assert.ok(pieces.length > 2 && pieces.every((piece) => piece.isWellFormed()));
  assert.deepEqual([...textPieces('')], []);
  assert.deepEqual(['gzip', 'br;q=1, GZIP;q=0.5', 'gzip;q=0', 'br', undefined].map(acceptsGzip), [
    true,
    true,
    false,
    false,
    false,
  ]);
});

/** More than the buffers of a connection on this machine hold, so that an idle reader is not done. */
const LARGE = `{"takenAtMs":1,"text":"${'a'.repeat(8 * 2 ** 20)}"}`;

async function crowd(context: TestContext, limits: Partial<ApiLimits>, readers: number) {
  const site = await testSite(context, { rounds: 1 }, () => ({ limits }));
  const record = '{"era":1,"eligibleCount":0,"nominatedCount":0,"nominators":[]}';
  const aftermath = { transactions: [], outcomes: [] };
  await site.store.rounds.add({ snapshot: LARGE, programme: '{}', record, aftermath });
  const path = `/v1/rounds/${digestOfText(record)}/snapshot`;
  return { site, path, sockets: await idleReaders(context, site, path, readers) };
}

/** Readers whose answer has begun, and who do not read it. */
async function idleReaders(context: TestContext, { app }: TestSite, path: string, readers: number) {
  const url = new URL(await app.listen({ host: '127.0.0.1', port: 0 }));
  const sockets: Socket[] = [];
  context.after(() => {
    for (const socket of sockets) socket.destroy();
  });
  while (sockets.length < readers) {
    const socket = connect(Number(url.port), url.hostname).on('error', () => undefined);
    sockets.push(socket);
    await once(socket, 'connect');
    socket.write(`GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`);
    await once(socket, 'readable');
  }
  return sockets;
}

const isBusy = async ({ app }: TestSite, path: string) =>
  (await app.inject({ method: 'HEAD', url: path })).statusCode === 503;

test('readers that read nothing leave the other routes alone; a download above the limit is refused', {
  timeout: 60_000,
}, async (context) => {
  const { site, sockets, path } = await crowd(context, { downloads: 2 }, 2);
  assert.ok(await isBusy(site, path));
  const { json, headers } = await site.get('/v1/rounds/newest/stored');
  assert.deepEqual([json.code, headers['retry-after']], ['busy', '2']);
  assert.equal((await site.get('/v1/candidates')).status, 200);
  sockets[0]?.destroy();
  while (await isBusy(site, path)) await new Promise((resolve) => setTimeout(resolve, 20));
});

describe('40 idle readers leave other routes alone', { concurrency: true, timeout: 60_000 }, () => {
  for (const path of ['/candidates', '/candidates/rank', '/candidates/valid', '/candidates/invalid'])
    test(`${path} is made once, and few hold it`, async (context) => {
      let made = 0;
      const long = 'a'.repeat(2 ** 21);
      const site = await testSite(context, { candidates: 20, rounds: 1 }, (store) => {
        const list: typeof store.standings.list = async (...asked) => {
          made += 1;
          const { rows, ...page } = await store.standings.list(...asked);
          // Of few candidates too, the list is more than the buffers of a connection hold.
          return {
            ...page,
            rows: Array.from({ length: 4 }, (_, at) => ({
              ...(rows[at % rows.length] ?? assert.fail()),
              name: long,
            })),
          };
        };
        return { store: { ...store, standings: { ...store.standings, list } } };
      });
      const sockets = await idleReaders(context, site, path, 40);
      const begun = sockets.map((socket) => String(socket.read(12)).slice(-3));
      const count = (status: string) => begun.filter((each) => each === status).length;
      assert.deepEqual([count('200'), count('503'), made], [16, 24, 1]);
      assert.notEqual((await site.get('/healthz')).json.checks, undefined);
      assert.equal((await site.get('/v1/nominators')).status, 200);
    });
});

test('a reader that does not take its answer in time is disconnected', {
  timeout: 60_000,
}, async (context) => {
  const { site, sockets, path } = await crowd(context, { downloads: 1, sendMs: 300 }, 1);
  const [reader] = sockets as [Socket];
  while (await isBusy(site, path)) await new Promise((resolve) => setTimeout(resolve, 20));
  let length = 0;
  reader.on('data', (part) => {
    length += part.length;
  });
  await once(reader, 'close');
  assert.ok(length < LARGE.length, 'the answer is cut');
});
