import { connect } from 'node:net';
import { systemClock } from '@watchbill/kit';
import { createLogger } from '@watchbill/kit/log';
import type { InjectOptions, LightMyRequestResponse } from 'fastify';
import { createDeadlines } from '../../claim/times.ts';
import type { Permit, ServedPermit } from '../../contract.ts';
import { createMeter } from '../../metrics/meter.ts';
import { buildApp } from '../app.ts';
import { DEFAULT_LIMITS, type HttpContext } from '../context.ts';
import { HELP_FOLDER } from '../help.ts';
import { createServer, type RunningServer, type ServerOptions } from '../server.ts';
import { fakePermit } from './fake-permit.ts';
import { fakeExport, fakeTrim } from './fixed-values.ts';

/** Everything that a server logged. */
export interface LogSink {
  readonly lines: string[];
  write(line: string): void;
}

export function logSink(): LogSink {
  const lines: string[] = [];
  return { lines, write: (line) => void lines.push(line) };
}

type Options = Partial<Omit<ServerOptions, 'logger'>>;

export interface TestApp {
  readonly app: Awaited<ReturnType<typeof buildApp>>;
  readonly log: LogSink;
  readonly stop: AbortController;
  inject(request: InjectOptions): Promise<LightMyRequestResponse>;
}

/** The routes without a socket. */
export async function testApp(permit: ServedPermit = fakePermit(), options: Options = {}): Promise<TestApp> {
  const log = logSink();
  const stop = new AbortController();
  const logger = createLogger({ level: 'debug', destination: log });
  const app = await buildApp(contextOf(permit, { ...options, log: logger, stopping: stop.signal }));
  return { app, log, stop, inject: (request) => app.fastify.inject(request) };
}

function contextOf(
  permit: ServedPermit,
  {
    metrics = createMeter({ version: '1.2.3' }),
    limits,
    ...parts
  }: Options & Pick<HttpContext, 'log' | 'stopping'>,
): HttpContext {
  const defaults = {
    version: '1.2.3',
    help: HELP_FOLDER,
    belongs: () => true,
    deadlines: createDeadlines(systemClock()),
  };
  return { ...defaults, ...parts, permit, metrics, limits: { ...DEFAULT_LIMITS, ...limits } };
}

/** A server on a free port of the loopback. */
export async function testServer(
  permit: Permit | ServedPermit = fakePermit(),
  options: Options = {},
): Promise<RunningServer & { readonly log: LogSink; readonly port: number }> {
  const log = logSink();
  const logger = createLogger({ level: 'debug', destination: log });
  const listen = { kind: 'tcp', port: 0 } as const;
  const server = await createServer(
    { exportLedger: fakeExport, trimLedger: fakeTrim, ...permit },
    { listen, version: '1.2.3', ...options, logger },
  );
  return { ...server, log, port: Number(URL.parse(server.url)?.port ?? 0) };
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
export function rawCall(target: number | string, text: string, timeoutMs = 60_000): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const socket = typeof target === 'number' ? connect(target, '127.0.0.1') : connect(target);
    let raw = '';
    const finish = (): void => {
      socket.destroy();
      resolve(readAnswer(raw));
    };
    socket.setTimeout(timeoutMs, () => {
      socket.destroy();
      reject(new Error(`no whole answer in ${timeoutMs} ms, only ${JSON.stringify(raw)}`));
    });
    socket.once('error', reject);
    socket.on('data', (chunk) => {
      raw += chunk.toString('latin1');
      const answer = readAnswer(raw);
      const length = answer.headers.get('content-length');
      if (raw.includes('\r\n\r\n') && length !== undefined && answer.body.length >= Number(length)) finish();
    });
    socket.once('end', finish);
    socket.write(text, 'latin1');
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
