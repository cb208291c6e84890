import type { TestContext } from 'node:test';
import type { FastifyInstance } from 'fastify';
import { nominateServer } from '../../server/server.ts';
import { openProgrammeStore } from '../../storage/open.ts';
import type { ProgrammeStore } from '../../storage/port.ts';
import { type FilledProgramme, fillProgramme, type ProgrammeSize } from '../../testing/index.ts';
import type { ApiOptions } from '../options.ts';

export type TestSite = Awaited<ReturnType<typeof testSite>>;

/** A server on the embedded database with an invented programme; closed when the test ends. */
export async function testSite(
  test: TestContext,
  size: Partial<ProgrammeSize> = {},
  change: (store: ProgrammeStore, filled: FilledProgramme) => Partial<ApiOptions> = () => ({}),
) {
  const store = await openProgrammeStore({ file: ':memory:' }, () => Date.UTC(2026, 10, 20, 11, 58));
  const filled = await fillProgramme(store, { candidates: 60, rounds: 2, ...size });
  const app = await nominateServer({
    store,
    version: '1.2.3',
    clock: () => filled.nowMs,
    upSinceMs: filled.nowMs - 3_600_000,
    ...change(store, filled),
  });
  test.after(async () => {
    await app.close();
    await store.close();
  });
  return {
    app,
    store,
    filled,
    get: (url: string, headers: Readonly<Record<string, string>> = {}) => answerTo(app, url, headers),
  };
}

/** The answer of the server; `json` is null if the answer is not JSON. */
async function answerTo(app: FastifyInstance, url: string, headers: Readonly<Record<string, string>>) {
  const answer = await app.inject({ method: 'GET', url, headers: { ...headers } });
  const isJson = String(answer.headers['content-type'] ?? '').includes('json') && answer.body !== '';
  const { statusCode: status, body } = answer;
  return { status, body, headers: answer.headers, json: isJson ? answer.json() : null };
}
