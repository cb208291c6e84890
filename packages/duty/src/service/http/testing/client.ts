import { connect, type Socket } from 'node:net';
import type { Role } from '../../contract.ts';
import { claimBody, secretOf } from './fixed-values.ts';

/** The bytes of `METHOD TARGET`, with a body as JSON and the token of a role. */
export function requestOf(line: string, role?: Role, body = '', ...headers: readonly string[]): string {
  const all = [
    `${line} HTTP/1.1`,
    'Host: x',
    ...(role === undefined ? [] : [`Authorization: Bearer ${secretOf(role)}`]),
    ...(body === '' ? [] : ['Content-Type: application/json', `Content-Length: ${body.length}`]),
    ...headers,
  ];
  return `${all.join('\r\n')}\r\n\r\n${body}`;
}

export const LIVE = requestOf('GET /livez');
export const CLAIM_BODY = JSON.stringify(claimBody());
export const CLAIM = requestOf('POST /v1/claims', 'node', CLAIM_BODY);

/** A connection to a port or a unix socket. */
export interface Client {
  readonly socket: Socket;
  /** All received bytes, as latin1. */
  readonly text: () => string;
  /** Settles when the text so far matches. */
  until(pattern: RegExp): Promise<void>;
  readonly closed: Promise<void>;
}

/** Sends bytes as they are, and stays until the server or the test ends it. */
export function openClient(target: number | string, sent = ''): Client {
  const socket = typeof target === 'number' ? connect(target, '127.0.0.1') : connect(target);
  const silent = () => undefined;
  let text = '';
  let look: () => void = silent;
  socket.on('error', silent).on('data', (chunk) => {
    text += chunk.toString('latin1');
    look();
  });
  socket.write(sent, 'latin1');
  return {
    socket,
    text: () => text,
    until: (pattern) =>
      new Promise((resolve) => {
        look = () => {
          if (!pattern.test(text)) return;
          look = silent;
          resolve();
        };
        look();
      }),
    closed: new Promise((resolve) => socket.once('close', () => resolve())),
  };
}

export interface RawAnswer {
  /** All received bytes, as latin1. */
  readonly raw: string;
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/**
 * Send bytes as they are and read until the server closes or one whole answer with Content-Length is there.
 */
export function rawCall(target: number | string, sent: string, timeoutMs = 60_000): Promise<RawAnswer> {
  const { socket, text } = openClient(target, sent);
  return new Promise((resolve, reject) => {
    const finish = (): void => {
      socket.destroy();
      resolve(readAnswer(text()));
    };
    socket.setTimeout(timeoutMs, () =>
      socket.destroy(new Error(`no whole answer in ${timeoutMs} ms, only ${JSON.stringify(text())}`)),
    );
    socket.once('error', reject).once('end', finish);
    socket.on('data', () => {
      const { raw, headers, body } = readAnswer(text());
      const length = headers.get('content-length');
      if (raw.includes('\r\n\r\n') && length !== undefined && body.length >= Number(length)) finish();
    });
  });
}

function readAnswer(raw: string): RawAnswer {
  const [head = '', ...rest] = raw.split('\r\n\r\n');
  const [line = '', ...fields] = head.split('\r\n');
  const headers = new Map(
    fields.map((field): [string, string] => {
      const colon = field.indexOf(':');
      return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()];
    }),
  );
  return { raw, status: Number(line.split(' ')[1] ?? 0), headers, body: rest.join('\r\n\r\n') };
}
