import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { createServer as createTlsServer, getCACertificates, setDefaultCACertificates } from 'node:tls';
import { listening, temporaryFolder } from '@watchbill/kit/testing';
import { openWebSocket } from './socket.ts';

const HEAD = 'Upgrade: websocket\r\nConnection: Upgrade\r\n';
/** The value of `sec-websocket-accept` for a client's key (RFC 6455, 4.2.2). */
const acceptKey = (key: string): string =>
  createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
/** `hi` as a text message of a server: unmasked, in one frame. */
const GREETING = Buffer.from('\x81\x02hi', 'latin1');
const keyIn = (request: string): string => /^Sec-WebSocket-Key: (\S+)/im.exec(request)?.[1] ?? '';

/** Answers each request with this text, and the bytes after it. */
const answering =
  (answer: (request: string) => string) =>
  (socket: Socket): void => {
    socket.on('error', () => undefined);
    socket.once('data', (bytes) =>
      socket.write(Buffer.concat([Buffer.from(answer(String(bytes))), GREETING])),
    );
  };

const upgrade = (request: string): string =>
  `HTTP/1.1 101 Switching Protocols\r\n${HEAD}sec-websocket-accept: ${acceptKey(keyIn(request))}\r\n\r\n`;

/** The events of a client of this address, up to the first text or the end. */
function heard(url: string): Promise<readonly string[]> {
  const all: string[] = [];
  const { promise, resolve } = Promise.withResolvers<readonly string[]>();
  const socket = openWebSocket(url, {
    onOpen: () => all.push('open'),
    onMessage: (text) => {
      all.push(text);
      socket.close();
    },
    onEnd: () => resolve([...all, 'end']),
  });
  return promise;
}

test('a server that does not show that it read the request is no WebSocket', async (t) => {
  const wrong: readonly ((request: string) => string)[] = [
    () => `HTTP/1.1 101 Switching Protocols\r\n${HEAD}sec-websocket-accept: ${acceptKey('another')}\r\n\r\n`,
    () => `HTTP/1.1 101 Switching Protocols\r\n${HEAD}\r\n`,
    (request) => upgrade(request).replace('101 Switching Protocols', '200 OK'),
    () => `HTTP/1.1 101 ${'x'.repeat(20_000)}`,
  ];
  for (const answer of wrong) {
    const port = await listening(createServer(answering(answer)), t);
    assert.deepEqual(await heard(`ws://127.0.0.1:${port}`), ['end']);
  }
  const port = await listening(createServer(answering(upgrade)), t);
  assert.deepEqual(await heard(`ws://127.0.0.1:${port}`), ['open', 'hi', 'end']);
});

test('wss needs a certificate of a known authority for the name of the host', async (t) => {
  const folder = temporaryFolder(t);
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const request = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '1',
  ];
  const name = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  execFileSync('openssl', [...request, ...name, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  const [keyText, certText] = [readFileSync(key, 'utf8'), readFileSync(cert, 'utf8')];
  const server = createTlsServer({ key: keyText, cert: certText }, answering(upgrade));
  server.on('tlsClientError', () => undefined);
  const port = await listening(server, t);
  assert.deepEqual(await heard(`wss://localhost:${port}`), ['end'], 'the authority is unknown');
  const usual = getCACertificates();
  setDefaultCACertificates([...usual, certText]);
  t.after(() => setDefaultCACertificates(usual));
  assert.deepEqual(await heard(`wss://localhost:${port}`), ['open', 'hi', 'end']);
  assert.deepEqual(await heard(`wss://127.0.0.1:${port}`), ['end'], 'it is the certificate of another name');
});
