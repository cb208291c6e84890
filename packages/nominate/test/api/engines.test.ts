import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { nominateServer, OLD_ROUTES, openApiDocument } from '@watchbill/nominate/api';
import { openProgrammeStore, type StoreSetting } from '@watchbill/nominate/storage';
import { type FilledProgramme, fillProgramme, NOON_MS } from '@watchbill/nominate/testing';
import { type PostgresServer, startPostgres } from '@watchbill/testkit/postgres-server';

let postgres: PostgresServer;
const folder = mkdtempSync(join(tmpdir(), 'watchbill-nominate-api-'));
before(async () => {
  postgres = await startPostgres();
});
after(async () => {
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Every address that the API documents, with names that are there, and the pages. */
function addresses(filled: FilledProgramme): readonly string[] {
  const candidate = filled.standings[4]?.stashKey ?? '';
  const nominator = filled.records[0]?.nominators[0]?.stashKey ?? '';
  const values: Readonly<Record<string, string>> = {
    who: candidate,
    stash: candidate,
    address: candidate,
    id: filled.rounds[0] ?? '',
    last: '3',
  };
  const documented = Object.keys(openApiDocument('1').paths)
    .filter((path) => path !== '/metrics' && !path.endsWith('/replay'))
    .filter((path) => !['/v1/health', '/healthcheck', '/'].includes(path))
    .map((path) => path.replace('/v1/intents/{id}', `/v1/intents/${filled.intents.announced}`))
    .map((path) => path.replace(/(nominators?|nominations)\/\{(who|stash|address)\}/, `$1/${nominator}`))
    .map((path) => path.replaceAll(/\{([a-z]+)\}/g, (_all, name: string) => values[name] ?? '1'));
  const lists = ['position', 'name', 'slot', 'rank'].flatMap((sort) =>
    ['asc', 'desc'].map((order) => `/v1/candidates?limit=30&sort=${sort}&order=${order}`),
  );
  const pages = ['/status', '/status/candidates', `/status/candidates/${candidate}`, '/status/nominators'];
  return [...documented, ...lists, ...pages, '/status/rounds', '/status/jobs', '/v1/candidates?name=%25_'];
}

async function answers(setting: StoreSetting): Promise<ReadonlyMap<string, string>> {
  const store = await openProgrammeStore(setting, () => NOON_MS);
  const filled = await fillProgramme(store, { candidates: 80, rounds: 2 });
  const app = await nominateServer({ store, version: '1', clock: () => filled.nowMs, upSinceMs: 0 });
  try {
    const found = new Map<string, string>();
    for (const url of addresses(filled)) {
      const { statusCode, body } = await app.inject({ url });
      found.set(url, `${statusCode} ${body}`);
    }
    return found;
  } finally {
    await app.close();
    await store.close();
  }
}

test('every answer and every page is the same, to the byte, from SQLite and from PostgreSQL', async () => {
  const embedded = await answers({ file: join(folder, 'programme.db') });
  const larger = await answers({ url: postgres.newDatabase() });
  const good = [...embedded.values()].filter((answer) => answer.startsWith('200 ')).length;
  const gone = OLD_ROUTES.filter(({ state }) => state === 'gone').length;
  assert.ok(good >= 60, `${good} good answers`);
  assert.deepEqual(
    [...embedded].filter(([, answer]) => !/^(200|302|410) /.test(answer)).map(([url]) => url),
    [],
  );
  assert.equal([...embedded.values()].filter((answer) => answer.startsWith('410 ')).length, gone);
  for (const [url, answer] of embedded) assert.equal(larger.get(url), answer, url);
});
