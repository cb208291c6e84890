import assert from 'node:assert/strict';
import { createServer as createHttpServer, type ServerResponse } from 'node:http';
import type { Server } from 'node:net';
import { type TestContext, test } from 'node:test';
import { fakeIo } from '@watchbill/kit/command/testing/fake-io';
import { listening } from '@watchbill/kit/testing';
import { type Api, withApi } from './api.ts';
import { resolveTarget, type Target } from './target.ts';

const NOBODY = {
  socket: null,
  token: null,
  dataDir: null,
  configured: false,
  caFile: null,
  certFile: null,
  keyFile: null,
  tell: () => undefined,
};

async function targetOf(t: TestContext, server: Server, timeoutMs = 60_000): Promise<Target> {
  return { url: new URL(`http://127.0.0.1:${await listening(server, t)}/`), timeoutMs, ...NOBODY };
}

/** Takes requests and never answers. */
const silent = (): Server => createHttpServer(() => undefined);

const noAnswer = (what: RegExp) => (error: { code: string; problems: readonly { what: string }[] }) => {
  assert.equal(error.code, 'no-answer');
  assert.match(error.problems[0]?.what ?? '', what);
  return true;
};

test('a call and a long answer end with their time, and a call with its own if it has one', async (t) => {
  const target = await targetOf(t, silent(), 40);
  const stream = withApi(target, async (api) => {
    for await (const _chunk of api.stream('/v1/ledger')) assert.fail('the server sent a chunk');
  });
  await assert.rejects(stream, noAnswer(/accepts the connection and does not answer within 40 ms$/));
  await assert.rejects(
    withApi(target, (api) => api.get('/v1/status')),
    noAnswer(/accepts the connection and does not answer within 40 ms$/),
  );
  const patient = { ...target, timeoutMs: 60_000 };
  await assert.rejects(
    withApi(patient, (api) => api.ask('GET', '/v1/status', { timeoutMs: 30 })),
    noAnswer(/within 30 ms$/),
  );
});

test('a person reads once, after seconds, that a program is silent; a script reads nothing', async (t) => {
  const held: ServerResponse[] = [];
  const at = await targetOf(
    t,
    createHttpServer((_, response) => void held.push(response)),
  );
  const url = at.url.href;
  const told = async (errIsTerminal: boolean) => {
    const io = fakeIo({ cwd: '/', errIsTerminal });
    const asked = (api: Api) => Promise.all([api.get('/v1/status'), api.get('/v1/watch')]);
    const err = (line: string) => {
      io.err(line);
      // Later than the line that a script must not get.
      setTimeout(() => held.forEach((response) => void response.end('{"n":1}')), 300);
    };
    assert.deepEqual(await withApi(resolveTarget({ ...io, err }, { url }), asked), [{ n: 1 }, { n: 1 }]);
    return io.stderr();
  };
  const [toPerson, toScript] = await Promise.all([told(true), told(false)]);
  assert.match(
    toPerson,
    /^http:\S+: a program accepts the connection and does not answer; waiting for up to 10 s\n$/,
  );
  assert.equal(toScript, '');
});

test('a call that this process ends has a code that differs from one without an answer', async (t) => {
  const target = await targetOf(t, silent());
  const asked = withApi(target, (api) => api.ask('GET', '/v1/status', { signal: AbortSignal.timeout(30) }));
  await assert.rejects(asked, { code: 'stopped' });
  const streamed = withApi(target, async (api) => {
    const chunks = api.stream('/v1/ledger', { signal: AbortSignal.timeout(30) });
    for await (const _chunk of chunks) assert.fail('the server sent a chunk');
  });
  await assert.rejects(streamed, { code: 'stopped' });
});
