// What the tests of the gateway's front share: gateways with and without one, raw HTTP, and a line that keeps what reached a node.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { type Gateway, gatewayShape, type KeyEntry, keyHash, openGateway } from '@watchbill/fleet/gateway';
import { waitFor } from '@watchbill/testkit';
import { pino } from 'pino';
import { folderUntilExit } from './folder.ts';

export const WAIT = { timeoutMs: 120_000, everyMs: 50 };
export const SIMPLE = '{"jsonrpc":"2.0","id":7,"method":"chain_getBlockHash","params":[0]}';
const EXCHANGE_MS = 20_000;

/** A line to a node that keeps all that went to it. */
export interface Line {
  readonly wsUrl: string;
  readonly sent: () => string;
  readonly close: () => void;
}

export async function lineTo(rpcUrl: string): Promise<Line> {
  const chunks: string[] = [];
  const sockets = new Set<Socket>();
  const { host, port } = new URL(rpcUrl);
  let own = '';
  const server = createServer((caller) => {
    const node = connect(Number(port), '127.0.0.1');
    for (const [one, other] of [
      [caller, node],
      [node, caller],
    ] as const) {
      sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
    node.pipe(caller);
    caller.on('data', (chunk) => {
      const text = chunk.toString('latin1');
      chunks.push(text);
      // The node answers to its own address alone.
      node.write(Buffer.from(text.replaceAll(own, host), 'latin1'));
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  own = `127.0.0.1:${address.port}`;
  return {
    wsUrl: `ws://${own}`,
    sent: () => chunks.join(''),
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

export const gatewayFolder = (): string => folderUntilExit('watchbill-gateway-');

export type Key = Pick<KeyEntry, 'name' | 'tier' | 'expiresAt'> & { readonly key: string };

export function writeKeys(file: string, keys: readonly Key[]): void {
  const entries = keys.map(({ key, ...one }) => ({ ...one, sha256: keyHash(key) }));
  writeFileSync(file, JSON.stringify({ version: 1, keys: entries }));
}

type Settings = Parameters<typeof gatewayShape.parse>[0];

/** A gateway in this process; one with a front is given when that answers by itself. `key`: of a tier that has all. */
export async function gatewayOf(context: TestContext, settings: Settings, key?: string): Promise<Gateway> {
  const parsed = gatewayShape.parse(settings);
  const gateway = await openGateway(parsed, { log: pino({ level: 'silent' }) });
  context.after(() => gateway.close(500));
  if (parsed.front !== undefined && key !== undefined) await untilItself(gateway, key);
  return gateway;
}

/** Waits until a simple request no longer passes through the gateway's own process. */
export async function untilItself(places: Places, key: string): Promise<void> {
  let last = '';
  const isItself = () =>
    answersItself(places, key, (seen) => {
      last = seen;
    });
  await waitFor('the front answers by itself', isItself, { ...WAIT, detail: () => last });
}

/** Whether a simple request is answered, and did not pass through the gateway's own process. */
export async function answersItself(
  { url, adminUrl }: Places,
  key: string,
  tell: (seen: string) => void = () => undefined,
): Promise<boolean> {
  const before = await askedByGateway(adminUrl);
  const { status, text } = await exchange(url, post(SIMPLE, [`X-Api-Key: ${key}`]));
  const after = await askedByGateway(adminUrl);
  tell(`${status} ${text}, the gateway asked ${after - before} times`);
  return status === 200 && after === before;
}

export type Places = Pick<Gateway, 'url' | 'adminUrl'>;

export async function metric(adminUrl: string, line: RegExp): Promise<number> {
  const text = await (await fetch(`${adminUrl}/metrics`)).text();
  const lines = text.split('\n').filter((one) => line.test(one));
  return lines.reduce((sum, one) => sum + Number(one.split(' ').at(-1)), 0);
}

/** Requests over HTTP that the gateway's own process has asked a node. */
export function askedByGateway(adminUrl: string): Promise<number> {
  return metric(adminUrl, /^watchbill_gateway_node_seconds_count/);
}

export interface Answer {
  readonly status: number;
  readonly headers: string;
  readonly text: string;
  /** Null where it is none. */
  readonly json: unknown;
}

/** A POST as text; the connection ends with its answer. A header given as `Content-Length…` takes the place of the right one. */
export function post(body: string, headers: readonly string[] = [], target = '/', version = '1.1'): string {
  const isSized = headers.some((one) => /^(content-length|transfer-encoding)/i.test(one));
  const sized = isSized ? [] : [`Content-Length: ${Buffer.byteLength(body, 'latin1')}`];
  const ends = headers.some((one) => /^connection:/i.test(one)) ? [] : ['Connection: close'];
  const head = [`POST ${target} HTTP/${version}`, 'Host: gateway', ...headers, ...sized, ...ends];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}

/** Sends bytes as they are, from an address of loopback; gives all that came back, and the first answer in it. */
export async function exchange(
  url: string,
  text: string,
  from?: string,
  onAnswer?: () => void,
): Promise<Answer> {
  for (let left = text.length > LONG ? TRIES : 1; ; left -= 1) {
    const raw = await rawExchange(url, text, from, onAnswer);
    if (raw !== '' || left === 1) return answerIn(raw);
  }
}

/** Who is refused before all of it was read may lose the answer to the end of the connection. */
const LONG = 1_000_000;
const TRIES = 5;

/** `onAnswer`: told each time that some of the answer has come; the connection may stay open after it. */
export function rawExchange(
  url: string,
  text: string,
  from = '127.0.0.1',
  onAnswer: () => void = () => undefined,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1', localAddress: from });
    let answer = '';
    const timer = setTimeout(() => socket.destroy(), EXCHANGE_MS);
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
      onAnswer();
    });
    // What is reset after its answer has answered.
    socket.on('error', (error) => {
      if (answer === '') reject(error);
    });
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(answer);
    });
    socket.write(Buffer.from(text, 'latin1'));
  });
}

function answerIn(raw: string): Answer {
  const [headers = '', ...rest] = raw.replace(/^HTTP\/1.1 100 .*?\r\n\r\n/s, '').split('\r\n\r\n');
  const status = Number(/^HTTP\/1\.[01] (\d+)/.exec(headers)?.[1] ?? 0);
  const isChunked = /transfer-encoding: *chunked/i.test(headers);
  const text = isChunked ? unchunked(rest.join('\r\n\r\n')) : rest.join('\r\n\r\n');
  return { status, headers, text, json: parsed(text) };
}

function unchunked(text: string): string {
  const size = Number.parseInt(text, 16);
  const at = text.indexOf('\r\n') + 2;
  return size > 0 ? text.slice(at, at + size) + unchunked(text.slice(at + size + 2)) : '';
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

export function errorOf({ json }: Answer): number | undefined {
  return (json as { readonly error?: { readonly code: number } } | null)?.error?.code;
}

/** Processes that a process has started and that run. */
export function childrenOf(pid: number): readonly number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return text === '' ? [] : text.split(' ').map(Number);
}
