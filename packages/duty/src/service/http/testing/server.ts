import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { systemClock } from '@watchbill/kit';
import { PROBLEM_HEADER } from '@watchbill/kit/http';
import { createLogger } from '@watchbill/kit/log';
import type { InjectOptions, LightMyRequestResponse } from 'fastify';
import { createDeadlines } from '../../claim/times.ts';
import type { Permit, Role, ServedPermit } from '../../contract.ts';
import { createMeter } from '../../metrics/meter.ts';
import { buildApp } from '../app.ts';
import { DEFAULT_LIMITS, type HttpContext } from '../context.ts';
import { HELP_FOLDER } from '../help.ts';
import { createServer, type RunningServer, type ServerOptions } from '../server.ts';
import { fakePermit } from './fake-permit.ts';
import { fakeExport, fakeTrim, secretOf } from './fixed-values.ts';

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
  /** Sends `METHOD URL` with the token of an operator or of this role; a body goes as JSON. */
  ask(line: string, body?: unknown, role?: Role): Promise<LightMyRequestResponse>;
}

/** The routes without a socket. */
export async function testApp(permit: ServedPermit = fakePermit(), options: Options = {}): Promise<TestApp> {
  const log = logSink();
  const stop = new AbortController();
  const logger = createLogger({ level: 'debug', destination: log });
  const app = await buildApp(contextOf(permit, { ...options, log: logger, stopping: stop.signal }));
  const inject: TestApp['inject'] = (request) => app.fastify.inject(request);
  const ask: TestApp['ask'] = (line, body, role = 'operator') => {
    const [method, url = ''] = line.split(' ');
    const headers = { authorization: `Bearer ${secretOf(role)}` };
    if (body === undefined) return inject({ method: method as 'GET', url, headers });
    const payload = typeof body === 'string' ? body : JSON.stringify(body);
    const typed = { ...headers, 'content-type': 'application/json' };
    return inject({ method: method as 'POST', url, headers: typed, payload });
  };
  return { app, log, stop, inject, ask };
}

/** Checks the form of a refusal and its code; returns its document. */
export function problemIn(answer: LightMyRequestResponse, status: number, code: string) {
  assert.equal(answer.headers['content-type'], PROBLEM_HEADER, answer.body);
  const problem = answer.json();
  const { detail, remedy, ...rest } = problem;
  assert.deepEqual([answer.statusCode, rest.status, rest.code], [status, status, code], answer.body);
  assert.equal(rest.type, `urn:watchbill:problem:${code}`);
  assert.ok(detail.length > 0 && remedy.length > 0, answer.body);
  return problem;
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

/** The same, closed when the test ends. */
export async function serve(context: TestContext, ...given: Parameters<typeof testServer>) {
  const server = await testServer(...given);
  context.after(() => server.close(0));
  return server;
}
