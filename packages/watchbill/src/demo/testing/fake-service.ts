import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

/**
 * A fake of the permission service that grants every claim of every node, as a control of the demonstration.
 * Started as `fake-service.ts [deny] serve --config <file>`; with `deny` it denies every claim.
 */
interface Config {
  readonly service: { readonly listen: { readonly port: number } };
}

interface Heard {
  readonly chain: string;
  readonly key: string;
  readonly nodes: Set<string>;
}

const denies = process.argv.includes('deny');
const heard = new Map<string, Heard>();
const names = new Map<string, string>();

function watches(): unknown[] {
  return [...heard.values()].map(({ chain, key, nodes }) => {
    const ready = [...nodes].sort();
    return { chain, key, holder: ready[0] ?? null, live: true, term: '1', ready };
  });
}

const routes: Record<string, (body: never, node: string) => unknown> = {
  'GET /readyz': () => ({ ready: true }),
  'PUT /v1/policies': () => ({}),
  'POST /v1/adoptions': () => ({}),
  'POST /v1/observations': () => ({}),
  'POST /v1/tokens': ({ name }: { name: string }) => {
    names.set(`secret-${name}`, name);
    return { secret: `secret-${name}` };
  },
  'POST /v1/readiness': ({ chain, keys }: { chain: string; keys: string[] }, node) => {
    for (const key of keys) {
      if (!heard.has(key)) heard.set(key, { chain, key, nodes: new Set() });
      heard.get(key)?.nodes.add(node);
    }
    return { watch: watches() };
  },
  'GET /v1/watch': () => ({ watch: watches() }),
  'POST /v1/claims': (claim: Record<string, unknown>) => {
    const { claimId, chain, key, duty, unit, part, digest, incarnation } = claim;
    const about = { claimId, chain, key, duty, unit, part, digest, incarnation };
    return {
      outcome: denies ? 'denied' : 'granted',
      reason: denies ? 'unit-taken' : 'new',
      message: '',
      ledger: 'fake',
      head: null,
      watch: null,
      ...about,
    };
  },
};

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  const route = routes[`${request.method} ${(request.url ?? '').split('?')[0]}`];
  const node = names.get((request.headers.authorization ?? '').replace('Bearer ', '')) ?? '';
  response.statusCode = route === undefined ? 404 : 200;
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(route?.((text === '' ? {} : JSON.parse(text)) as never, node) ?? {}));
}

const config = JSON.parse(readFileSync(process.argv.at(-1) ?? '', 'utf8')) as Config;
createServer((request, response) => void answer(request, response)).listen(
  config.service.listen.port,
  '127.0.0.1',
);
