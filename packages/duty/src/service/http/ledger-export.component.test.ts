import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { LedgerFault } from '../ledger/port.ts';
import { type Client, LIVE, openClient, rawCall, requestOf } from './testing/client.ts';
import { fakePermit } from './testing/fake-permit.ts';
import { serve } from './testing/server.ts';

const REQUEST = (query = '', method = 'GET') =>
  requestOf(`${method} /v1/ledger/export${query}`, 'operator', '', 'Connection: close');
const LINE = `${JSON.stringify({ kind: 'entry', text: 'x'.repeat(1_000) })}\n`;
const HUGE_LINES = 50_000;

/** An export of so many lines, and how many of them were read. */
function fakeLines(count: number, end: () => void = () => undefined, work: () => unknown = () => undefined) {
  const read = { lines: 0, ended: false };
  const exportLedger = async function* (): AsyncGenerator<string> {
    try {
      for (; read.lines < count; read.lines++) {
        work();
        yield LINE;
      }
      end();
    } finally {
      read.ended = true;
    }
  };
  return { read, exportLedger };
}

const download = (port: number, query?: string) => openClient(port, REQUEST(query));

/** Whether a download has the last bytes of a chunked answer. */
const isWhole = (client: Client) => client.text().endsWith('\r\n0\r\n\r\n');

async function until(what: string, holds: () => boolean): Promise<void> {
  for (let turn = 0; !holds(); turn++) {
    assert.ok(turn < 20_000, what);
    await new Promise((next) => setTimeout(next, 1));
  }
}

test('a huge export is whole, and the server never holds more than the client leaves unread', async (t) => {
  const { read, exportLedger } = fakeLines(HUGE_LINES);
  const noted: unknown[] = [];
  const noteExport = async (by: string, lines: number) => void noted.push([by, lines]);
  const server = await serve(t, fakePermit({ exportLedger, noteExport }));
  const client = download(server.port);
  await client.until(/application\/x-ndjson/);
  assert.deepEqual(noted, [], 'an export counts once it is whole');
  client.socket.pause();
  let before = -1;
  while (before !== read.lines) {
    before = read.lines;
    await new Promise((next) => setTimeout(next, 100));
  }
  assert.ok(read.lines < HUGE_LINES / 4, `${read.lines} lines were read for a client that reads nothing`);
  client.socket.resume();
  await client.closed;
  assert.ok(isWhole(client));
  assert.equal(client.text().split('"kind":"entry"').length - 1, HUGE_LINES);
  await until('the log of the export', () => server.log.lines.some((line) => /ledger-exported/.test(line)));
  await until('the note of the export', () => noted.length > 0);
  assert.deepEqual(noted, [['operator-a', HUGE_LINES]]);
});

test('claims and probes are answered while an export runs', async (t) => {
  const { read, exportLedger } = fakeLines(Number.POSITIVE_INFINITY);
  const server = await serve(t, fakePermit({ exportLedger }));
  const client = download(server.port);
  await client.until(/kind/);
  assert.equal((await rawCall(server.port, LIVE)).status, 200);
  assert.ok(!read.ended);
  client.socket.destroy();
  await until('the export to end with its client', () => read.ended);
});

test('they are answered while a client reads faster than the export is written', async (t) => {
  // Work for each line, as of a real ledger: then no write ever waits for the client.
  const { read, exportLedger } = fakeLines(100_000, undefined, () => hash('sha256', LINE.repeat(20)));
  const server = await serve(t, fakePermit({ exportLedger }));
  const reader = new Worker(READER, { eval: true, workerData: { port: server.port, request: REQUEST() } });
  t.after(() => reader.terminate());
  await once(reader, 'message');
  assert.equal((await rawCall(server.port, LIVE)).status, 200);
  assert.ok(read.lines < 50_000, `${read.lines} lines were written before the answer`);
});

/** A client on another thread. */
const READER = `const { connect } = require('node:net');
  const { parentPort, workerData } = require('node:worker_threads');
  const socket = connect(workerData.port, '127.0.0.1', () => socket.write(workerData.request));
  socket.on('error', () => undefined).on('data', () => undefined);
  socket.once('data', () => parentPort.postMessage('reads'));`;

test('a client that stops reading is cut after the deadline, and makes room for the next', async (t) => {
  const { read, exportLedger } = fakeLines(HUGE_LINES);
  const server = await serve(t, fakePermit({ exportLedger }), { limits: { exportStallMs: 500 } });
  const slow = download(server.port);
  await slow.until(/kind/);
  slow.socket.pause();
  const second = await rawCall(server.port, REQUEST());
  assert.equal(second.status, 429);
  assert.match(second.body, /too-many-exports/);
  await until('the cut', () => read.ended);
  assert.ok(read.lines < HUGE_LINES);
  assert.ok(server.log.lines.some((line) => /ledger-export-cut.*read nothing for 500 ms/.test(line)));
  slow.socket.resume();
  await slow.closed;
  assert.ok(!isWhole(slow));
  const next = download(server.port);
  await next.until(/kind/);
  next.socket.destroy();
});

test('an export that takes too long is cut, though its client reads', async (t) => {
  const { read, exportLedger } = fakeLines(Number.POSITIVE_INFINITY);
  const server = await serve(t, fakePermit({ exportLedger }), { limits: { exportTimeoutMs: 300 } });
  const client = download(server.port);
  client.socket.removeAllListeners('data').resume();
  await client.closed;
  await until('the end of the reader', () => read.ended);
});

test('a server that stops cuts the export: the client sees that it is not whole', async (t) => {
  const { read, exportLedger } = fakeLines(Number.POSITIVE_INFINITY);
  const server = await serve(t, fakePermit({ exportLedger }));
  const client = download(server.port);
  await client.until(/kind/);
  // Longer than this test may take: the server does not wait for the export.
  await server.close(600_000);
  await client.closed;
  assert.ok(read.ended);
  assert.ok(!isWhole(client));
  assert.ok(server.log.lines.some((line) => /ledger-export-cut.*the service is stopping/.test(line)));
});

test('a disk that cannot be read is a problem document; marks that cannot be read cut the export', async (t) => {
  const fault = () => {
    throw new LedgerFault('the disk is gone', 'look at it');
  };
  const [none, late] = [fakeLines(0, fault), fakeLines(1, fault)];
  const asked: boolean[] = [];
  const permit = fakePermit({
    exportLedger: ({ marks }) => {
      asked.push(marks);
      return marks ? late.exportLedger() : none.exportLedger();
    },
  });
  const server = await serve(t, permit);
  const refused = await rawCall(server.port, REQUEST());
  assert.equal(refused.status, 503);
  assert.match(refused.body, /"code":"ledger-unavailable"/);
  const cut = download(server.port, '?marks=true');
  await cut.closed;
  assert.ok(!isWhole(cut));
  assert.deepEqual(asked, [false, true]);
  assert.equal((await rawCall(server.port, REQUEST('?marks=yes'))).status, 400);
  assert.equal((await rawCall(server.port, REQUEST('', 'HEAD'))).status, 405);
});
