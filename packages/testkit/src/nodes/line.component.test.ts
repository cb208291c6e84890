import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { listening } from '@watchbill/kit/testing';
import { type Line, type LineOptions, startLine } from './line.ts';
import { waitFor } from './wait.ts';

const TIMEOUT = { timeoutMs: 60_000, everyMs: 5 };
/** Long enough for loopback to deliver what would pass. */
const QUIET_MS = 150;

interface Ends {
  readonly line: Line;
  readonly client: Socket;
  /** The bytes that the server received, and the client's actions. */
  readonly heard: { server: string; client: string };
}

/** A server that answers every chunk with itself, a line to it, and a client at the line. */
async function withLine(options: Partial<LineOptions>, run: (ends: Ends) => Promise<void>): Promise<void> {
  const heard = { server: '', client: '' };
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      heard.server += String(chunk);
      socket.write(chunk);
    });
  });
  const line = await startLine({ target: `http://127.0.0.1:${await listening(server)}`, ...options });
  const client = line.url.startsWith('unix:')
    ? connect(line.url.slice('unix:'.length))
    : connect(Number(new URL(line.url).port), '127.0.0.1');
  client.on('error', () => {});
  client.on('data', (chunk) => {
    heard.client += String(chunk);
  });
  try {
    await run({ line, client, heard });
  } finally {
    client.destroy();
    await line.close();
  }
}

const quiet = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, QUIET_MS));

async function exchanged({ client, heard }: Ends, text: string): Promise<void> {
  client.write(text);
  await waitFor(`an answer to ${text}`, () => heard.client.endsWith(text), TIMEOUT);
}

test('a line passes everything on, and nothing while it is cut; what waited arrives when it is healed', async () => {
  await withLine({}, async (ends) => {
    await exchanged(ends, 'one');
    ends.line.cut();
    ends.client.write('two');
    await quiet();
    assert.deepEqual(ends.heard, { server: 'one', client: 'one' });
    ends.line.heal();
    await waitFor('what waited', () => ends.heard.client === 'onetwo', TIMEOUT);
  });
});

test('a connection that is made while the line is cut is silent until it is healed', async () => {
  await withLine({}, async (ends) => {
    ends.line.cut();
    ends.client.write('early');
    await quiet();
    assert.deepEqual(ends.heard, { server: '', client: '' });
    ends.line.heal();
    await waitFor('what waited', () => ends.heard.client === 'early', TIMEOUT);
  });
});

test('a line may listen on a unix socket, and the connections are counted', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-line-'));
  try {
    await withLine({ socketPath: join(folder, 'a.sock') }, async (ends) => {
      assert.equal(ends.line.url, `unix:${join(folder, 'a.sock')}`);
      await exchanged(ends, 'one');
      assert.equal(ends.line.connections(), 1);
      ends.client.end();
      await waitFor('the end of the connection', () => ends.line.connections() === 0, TIMEOUT);
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('a connection to a closed port ends', async () => {
  const line = await startLine({ target: 'http://127.0.0.1:1' });
  const client = connect(Number(new URL(line.url).port), '127.0.0.1');
  client.on('error', () => {});
  client.resume();
  await new Promise((resolve) => client.once('close', resolve));
  await line.close();
});
