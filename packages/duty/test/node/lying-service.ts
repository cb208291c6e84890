import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** What becomes of the answers to claims. */
export type Lie =
  | { readonly kind: 'none' }
  /** Each answer is held back. */
  | { readonly kind: 'slow'; readonly ms: number }
  /** 200 and bytes that are not JSON. */
  | { readonly kind: 'garbage' }
  /** 503, as a service that cannot be certain says it. */
  | { readonly kind: 'unknown' }
  /** The truth under the id of another ledger. */
  | { readonly kind: 'other-ledger' }
  /** Claims of one part are denied, whatever was entered. */
  | { readonly kind: 'deny'; readonly part: string };

/** A service between a node and the real one that lies about claims when it is told to. */
export interface LyingService {
  readonly url: string;
  lie(lie: Lie): void;
  /** Claims that it lied about. */
  lied(): number;
  close(): Promise<void>;
}

const MOST_BYTES = 64 * 1024;
const OTHER_LEDGER = 'f'.repeat(32);

/** @param beforeClaim is called with each claim, before the real service gets it */
export async function startLyingService(
  truth: string,
  beforeClaim: (claim: Record<string, unknown>) => void = () => undefined,
): Promise<LyingService> {
  let lie: Lie = { kind: 'none' };
  let lied = 0;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request);
    if (request.url === '/v1/claims') beforeClaim(parse(body.toString()));
    const honest = await fetch(`${truth}${request.url ?? ''}`, {
      method: request.method ?? 'GET',
      headers: headersOf(request),
      ...(body.length === 0 ? {} : { body }),
    });
    const text = await honest.text();
    const told = request.url === '/v1/claims' ? lieAbout(lie, body.toString(), text) : null;
    if (told === null) return reply(response, honest.status, text, honest.headers.get('content-type'));
    lied += 1;
    if (lie.kind === 'slow') await sleep(lie.ms);
    return reply(response, told.status, told.text, told.type);
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    lie: (next) => {
      lie = next;
      lied = 0;
    },
    lied: () => lied,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Told {
  readonly status: number;
  readonly text: string;
  readonly type: string;
}

function lieAbout(lie: Lie, claim: string, truth: string): Told | null {
  const json = (status: number, value: unknown): Told => ({
    status,
    text: JSON.stringify(value),
    type: 'application/json',
  });
  const asked = parse(claim);
  const honest = parse(truth);
  switch (lie.kind) {
    case 'none':
      return null;
    case 'slow':
      return { status: 200, text: truth, type: 'application/json' };
    case 'garbage':
      return { status: 200, text: 'it is granted, trust me', type: 'text/plain' };
    case 'unknown':
      return json(503, { ...honest, outcome: 'unknown', reason: 'store-unavailable', message: 'no store' });
    case 'other-ledger':
      return json(200, { ...honest, ledger: OTHER_LEDGER });
    case 'deny':
      if (asked.part !== lie.part) return null;
      return json(200, { ...honest, outcome: 'denied', reason: 'unit-taken', message: 'taken' });
  }
}

function parse(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}

function headersOf(request: IncomingMessage): Headers {
  const headers = new Headers();
  for (const name of ['authorization', 'content-type']) {
    const value = request.headers[name];
    if (typeof value === 'string') headers.set(name, value);
  }
  return headers;
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MOST_BYTES) throw new Error('a body is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function reply(response: ServerResponse, status: number, text: string, type: string | null): void {
  response.writeHead(status, { 'content-type': type ?? 'text/plain' });
  response.end(text);
}
