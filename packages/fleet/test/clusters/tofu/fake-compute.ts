import { createServer, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { listening } from '@watchbill/kit/testing';

type Item = Readonly<Record<string, unknown>>;

/**
 * An API in the manner of Google's compute API, on loopback: things are made at once, and every operation is
 * done.
 */
export interface FakeCompute {
  /** Ends in `/compute/v1/`. */
  readonly url: string;
  /** By path, without operations. */
  readonly items: Map<string, Item>;
}

export async function startFakeCompute(context: TestContext): Promise<FakeCompute> {
  const items = new Map<string, Item>();
  const operations = new Map<string, Item>();
  let url = '';
  let count = 0;
  const operation = (target: string): Item => {
    const scope = /^projects\/[^/]+\/(?:zones\/[^/]+|regions\/[^/]+|global)/.exec(target)?.[0] ?? '';
    const name = `operation-${++count}`;
    const made = {
      kind: 'compute#operation',
      id: `${count}`,
      name,
      status: 'DONE',
      progress: 100,
      targetLink: url + target,
      selfLink: `${url}${scope}/operations/${name}`,
    };
    operations.set(`${scope}/operations/${name}`, made);
    return made;
  };
  const answer = (method: string, path: string, body: Item): Item | null => {
    if (method === 'POST') {
      const target = `${path}/${String(body.name)}`;
      items.set(target, {
        ...body,
        id: `${++count}`,
        selfLink: url + target,
        creationTimestamp: '2026-01-01',
      });
      return operation(target);
    }
    const found = items.get(path) ?? operations.get(path);
    if (found === undefined) return null;
    if (method === 'GET') return found;
    if (method === 'DELETE') items.delete(path);
    else items.set(path, { ...found, ...body });
    return operation(path);
  };
  const server = createServer(async (request, response) => {
    const path = new URL(request.url ?? '/', url).pathname.replace('/compute/v1/', '');
    const found = answer(request.method ?? 'GET', path, await bodyOf(request));
    response.writeHead(found === null ? 404 : 200, { 'content-type': 'application/json' });
    const missing = {
      error: { code: 404, message: `${path} was not found`, errors: [{ reason: 'notFound' }] },
    };
    response.end(JSON.stringify(found ?? missing));
  });
  url = `http://127.0.0.1:${await listening(server, context)}/compute/v1/`;
  return { url, items };
}

async function bodyOf(request: IncomingMessage): Promise<Item> {
  const body = await text(request);
  return body === '' ? {} : (JSON.parse(body) as Item);
}
