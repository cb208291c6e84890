import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
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

export type LyingService = Awaited<ReturnType<typeof startLyingService>>;

const OTHER_LEDGER = 'f'.repeat(32);

/**
 * A service between a node and the real one that lies about claims when it is told to.
 *
 * @param beforeClaim is called with each claim, before the real service gets it
 */
export async function startLyingService(
  truth: string,
  beforeClaim: (claim: Record<string, unknown>) => void = () => undefined,
) {
  let lie = { kind: 'none' } as Lie;
  let lied = 0;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url = '', headers } = request;
    const asked = await text(request);
    const isClaim = url === '/v1/claims';
    if (isClaim) beforeClaim(parse(asked));
    const { authorization, 'content-type': type } = headers;
    const honest = await fetch(`${truth}${url}`, {
      method,
      headers: { ...(authorization && { authorization }), ...(type && { 'content-type': type }) },
      body: asked || null,
    });
    const said = await honest.text();
    let told: Told = [honest.status, said, honest.headers.get('content-type') ?? 'text/plain'];
    const lying = isClaim ? lieAbout(lie, asked, said) : null;
    if (lying !== null) {
      told = lying;
      lied += 1;
      if (lie.kind === 'slow') await sleep(lie.ms);
    }
    response.writeHead(told[0], { 'content-type': told[2] }).end(told[1]);
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    lie: (next: Lie): void => {
      lie = next;
      lied = 0;
    },
    /** Claims that it lied about. */
    lied: (): number => lied,
    close: async (): Promise<void> => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

type Told = readonly [status: number, text: string, type: string];

function lieAbout(lie: Lie, claim: string, truth: string): Told | null {
  const json = (status: number, value: object): Told => [status, JSON.stringify(value), 'application/json'];
  const honest = parse(truth);
  switch (lie.kind) {
    case 'none':
      return null;
    case 'slow':
      return json(200, honest);
    case 'garbage':
      return [200, 'it is granted, trust me', 'text/plain'];
    case 'unknown':
      return json(503, { ...honest, outcome: 'unknown', reason: 'store-unavailable', message: 'no store' });
    case 'other-ledger':
      return json(200, { ...honest, ledger: OTHER_LEDGER });
    case 'deny':
      if (parse(claim).part !== lie.part) return null;
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
