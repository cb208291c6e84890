import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

/** A request that the fake service saw. */
export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | null;
  readonly body: unknown;
}

/** What to answer: a status and a JSON body, a text that may break off after it, or silence. */
export type FakeAnswer =
  | { readonly status: number; readonly body: unknown }
  | { readonly text: string; readonly breaks?: true }
  | 'silence';

export interface FakeService {
  readonly url: string;
  readonly seen: readonly Seen[];
  stop(): Promise<void>;
}

export interface FakeServiceOptions {
  /** By `METHOD /path` without the query; anything else is answered 404. */
  readonly answers: Readonly<Record<string, FakeAnswer | ((seen: Seen) => FakeAnswer)>>;
  readonly socket?: string;
  readonly tls?: { readonly cert: string; readonly key: string; readonly ca: string };
}

/** A service with the answers of a test, over TCP, TLS or a unix socket. */
export async function fakeService({ answers, socket, tls }: FakeServiceOptions): Promise<FakeService> {
  const seen: Seen[] = [];
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const text = await readAll(request);
    const path = (request.url ?? '').split('?')[0] ?? '';
    const one: Seen = {
      method: request.method ?? '',
      path: request.url ?? '',
      authorization: request.headers.authorization ?? null,
      body: text === '' ? null : JSON.parse(text),
    };
    seen.push(one);
    const answer = answers[`${one.method} ${path}`] ?? { status: 404, body: { title: 'no such route' } };
    reply(response, typeof answer === 'function' ? answer(one) : answer);
  };
  const listener = (request: IncomingMessage, response: ServerResponse) => void handle(request, response);
  const server =
    tls === undefined
      ? createServer(listener)
      : createTlsServer({ ...tls, requestCert: true, rejectUnauthorized: true }, listener);
  await new Promise<void>((resolve) => {
    if (socket !== undefined) server.listen(socket, resolve);
    else server.listen(0, '127.0.0.1', resolve);
  });
  const scheme = tls === undefined ? 'http' : 'https';
  const url = socket ?? `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const stop = async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  };
  return { url, seen, stop };
}

async function readAll(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  return text;
}

function reply(response: ServerResponse, answer: FakeAnswer): void {
  if (answer === 'silence') return;
  if ('text' in answer && answer.breaks === true) response.write(answer.text, () => response.destroy());
  else if ('text' in answer) response.end(answer.text);
  else {
    response.writeHead(answer.status, { 'content-type': 'application/json' });
    response.end(answer.body === null ? undefined : JSON.stringify(answer.body));
  }
}
