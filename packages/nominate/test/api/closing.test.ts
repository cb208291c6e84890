import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { nominateServer } from '@watchbill/nominate/api';
import { openProgrammeStore } from '@watchbill/nominate/storage';

/** Less than the minute for which a server waits for the first line of a request. */
const PATIENCE_MS = 30_000;

test('closing answers what is under way, and does not wait for a connection on which nothing was asked', async () => {
  const inner = await openProgrammeStore({ file: ':memory:' }, () => 1);
  const asked = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const releases = {
    ...inner.releases,
    all: async () => {
      asked.resolve();
      await gate.promise;
      return inner.releases.all();
    },
  };
  const app = await nominateServer({
    store: { ...inner, releases },
    version: '1',
    clock: () => 1,
    upSinceMs: 0,
  });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const idle = connect(Number(new URL(url).port), '127.0.0.1');
  await once(idle, 'connect');
  const answer = fetch(`${url}/v1/releases`);
  await asked.promise;
  const closed = app.close().then(() => 'closed');
  gate.resolve();
  assert.equal((await answer).status, 200);
  const late = new AbortController();
  const waited = sleep(PATIENCE_MS, 'still open', { signal: late.signal });
  assert.equal(await Promise.race([closed, waited]), 'closed');
  late.abort();
  await waited.catch(() => undefined);
  idle.destroy();
  await inner.close();
});
