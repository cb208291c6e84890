import { isLoopback, messageOf } from '@watchbill/kit';
import { LIVE_SCRIPT, PAGE_POLICY } from '@watchbill/kit/html';
import type { FastifyInstance } from 'fastify';
import { decodeCertificate } from '../../quorum/certificate.ts';
import { certificateText } from '../../quorum/certificate-file.ts';
import type { WindowSchedule } from '../../window.ts';
import { RunnerFault } from '../fault.ts';
import type { StateFolder } from '../records/open.ts';
import type { Metrics } from './metrics.ts';
import { headlineOf, ICON, memberPage, STYLE } from './page.ts';
import type { LiveStatus, Rfc12Status, Status } from './status.ts';
import { WINDOWS_SHOWN } from './strip.ts';

export interface HttpParts {
  /** 32 bytes; null for a profile without certificates. */
  readonly groupId: Uint8Array | null;
  readonly host: string;
  /** 0 chooses a free one. */
  readonly port: number;
  readonly schedule: WindowSchedule;
  readonly view: { status(): Status | Rfc12Status; problems(): readonly string[] };
  readonly metrics: Pick<Metrics, 'contentType' | 'text'>;
  readonly state: Pick<StateFolder, 'windows' | 'faults' | 'totals' | 'evidence' | 'certificate'>;
}

export interface RunningHttp {
  readonly url: string;
  close(): Promise<void>;
}

const MOST_WINDOWS = 1_000;
const FAULTS_SHOWN = 10;

/** Loaded by the page. */
const FILES = [
  ['/page.css', 'text/css', STYLE],
  ['/page.js', 'text/javascript', LIVE_SCRIPT],
  ['/icon.svg', 'image/svg+xml', ICON],
] as const;

/**
 * Serves the status of a member: a page at `/`, `/metrics`, `/health`, `/status`, `/windows?limit=`,
 * `/faults?limit=`, `/evidence/:name`, `/certificates/:window`. It is read-only and has no authentication, so
 * it listens on loopback only; throws a RangeError for another host, and `status-refused` if it cannot
 * listen.
 */
export async function openHttp(parts: HttpParts): Promise<RunningHttp> {
  if (!isLoopback(parts.host)) throw new RangeError(`${parts.host} is not a loopback address; use 127.0.0.1`);
  // Loaded here, so that importing only types stays cheap.
  const { fastify } = await import('fastify');
  const server = fastify({ logger: false, forceCloseConnections: true, requestTimeout: 5_000 });
  routes(server, parts);
  const url = await server.listen({ host: parts.host, port: parts.port }).catch((error: unknown) => {
    throw new RunnerFault(
      'status-refused',
      `the status cannot be served at ${parts.host}:${parts.port}: ${messageOf(error)}`,
      'set http.port in the configuration to a free port, or set http.serve to false',
      error,
    );
  });
  return { url, close: () => server.close() };
}

function routes(server: FastifyInstance, parts: HttpParts): void {
  const { view, metrics, schedule, state } = parts;
  proofRoutes(server, parts);
  const status = (): LiveStatus => {
    const problems = view.problems();
    const found = { ...view.status(), problems, totals: state.totals() };
    const sentence = [...problems, headlineOf(found)].join('; ');
    return { ...found, said: { isWell: problems.length === 0, sentence } };
  };
  server.get('/', async (_request, reply) => {
    const [windows, faults] = [state.windows(WINDOWS_SHOWN), state.faults(FAULTS_SHOWN)];
    const page = memberPage({ status: status(), windows, faults, schedule, nowMs: Date.now() });
    return reply
      .headers({ 'content-security-policy': PAGE_POLICY, 'cache-control': 'no-cache' })
      .type('text/html; charset=utf-8')
      .send(page);
  });
  for (const [path, type, text] of FILES)
    server.get(path, async (_request, reply) => reply.type(`${type}; charset=utf-8`).send(text));
  server.get('/metrics', async (_request, reply) =>
    reply.header('content-type', metrics.contentType).send(await metrics.text()),
  );
  server.get('/health', async (_request, reply) => {
    const problems = view.problems();
    return reply.code(problems.length === 0 ? 200 : 503).send({ isWell: problems.length === 0, problems });
  });
  server.get('/status', async () => status());
  for (const name of ['windows', 'faults'] as const)
    server.get(`/${name}`, async (request, reply) => {
      const limit = limitOf(request.query);
      if (limit === null)
        return reply.code(400).send({ error: `limit is a number from 1 to ${MOST_WINDOWS}` });
      return { [name]: state[name](limit) };
    });
}

/** Files that can be passed on, and checked without this member. */
function proofRoutes(server: FastifyInstance, { groupId, state }: HttpParts): void {
  server.get('/evidence/:name', async (request, reply) => {
    const { name } = request.params as { readonly name: string };
    const bytes = await state.evidence(name);
    if (bytes === null) return reply.code(404).send({ error: 'there is no such file of evidence' });
    return reply.header('content-type', 'application/json').send(Buffer.from(bytes));
  });
  server.get('/certificates/:window', async (request, reply) => {
    const { window } = request.params as { readonly window: string };
    const bytes = /^[0-9]{1,20}$/.test(window) ? state.certificate(BigInt(window)) : null;
    const certificate = bytes === null ? null : decodeCertificate(bytes);
    if (groupId === null || certificate === null)
      return reply.code(404).send({ error: 'no certificate of this window is kept' });
    return reply.header('content-type', 'application/json').send(certificateText({ groupId, certificate }));
  });
}

function limitOf(query: unknown): number | null {
  const { limit = '20' } = query as { readonly limit?: unknown };
  const value = typeof limit === 'string' && /^[0-9]{1,4}$/.test(limit) ? Number(limit) : 0;
  return value >= 1 && value <= MOST_WINDOWS ? value : null;
}
