import assert from 'node:assert/strict';
import { createServer, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { listening } from '@watchbill/kit/testing';
import { type Backend, openBackend } from './backend.ts';
import { NotSent } from './gateway-fault.ts';
import { gatewayShape } from './settings.ts';
import { eventually } from './testing/gateway.ts';

type Answer = (body: string, response: ServerResponse) => void;

/** A backend before a server on loopback that gives the configured answers. */
async function backendBefore(context: TestContext, answer: Answer): Promise<Backend> {
  const server = createServer((request, response) => {
    void text(request).then((body) => answer(body, response));
  });
  const backend = backendOf(await listening(server, context));
  context.after(() => backend.close());
  return backend;
}

function backendOf(port: number): Backend {
  const url = `ws://127.0.0.1:${port}`;
  const settings = gatewayShape.parse({
    listen: { port: 0 },
    backends: [{ name: 'node', url }],
    tiers: { all: { methods: ['*'], requestsPerSecond: 10, burst: 10 } },
    anonymous: 'all',
    pool: { connectionsPerBackend: 1 },
    limits: { responseBytes: 4_096 },
  });
  return openBackend({ name: 'node', url }, settings, () => 0);
}

test('an answer comes back as it was sent, in one piece', async (context) => {
  const backend = await backendBefore(context, (body, response) => {
    response.write(`{"asked":`);
    response.end(`${body}}`);
  });
  assert.equal(await backend.ask('"what"', 60_000), '{"asked":"what"}');
});

test('another status, an answer that is too long or cut, and silence are not answers', async (context) => {
  const answers: Readonly<Record<string, Answer>> = {
    status: (_, response) => response.writeHead(503).end('{}'),
    long: (_, response) => response.end('x'.repeat(5_000)),
    cut: (_, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{');
      setImmediate(() => response.destroy());
    },
    silence: () => undefined,
  };
  const backend = await backendBefore(context, (body, response) => answers[body]?.(body, response));
  await assert.rejects(backend.ask('status', 60_000), /it answered with status 503/);
  await assert.rejects(backend.ask('long', 60_000), /longer than 4096 bytes/);
  await assert.rejects(backend.ask('cut', 60_000), (error) => !(error instanceof NotSent));
  await assert.rejects(backend.ask('silence', 50), /did not answer within 50 ms/);
});

test('a request whose time is over while it waits for a connection never leaves', async (context) => {
  const seen: string[] = [];
  let release: (() => void) | null = null;
  const backend = await backendBefore(context, (body, response) => {
    seen.push(body);
    if (body === 'first') release = () => response.end('{}');
    else response.end('{}');
  });
  const first = backend.ask('first', 60_000);
  await eventually('the node has the first', () => release !== null);
  await assert.rejects(backend.ask('second', 100), /did not answer within 100 ms/);
  assert.ok(release !== null);
  (release as () => void)();
  assert.equal(await first, '{}');
  assert.equal(await backend.ask('third', 60_000), '{}');
  assert.deepEqual(seen, ['first', 'third']);
});
