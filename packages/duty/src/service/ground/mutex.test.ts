import assert from 'node:assert/strict';
import test from 'node:test';
import { createNamedMutex } from './mutex.ts';

function gate(): { readonly open: () => void; readonly passed: Promise<void> } {
  let open = () => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, passed };
}

test('an aborted caller leaves the queue at once, is never run, and delays no other', async () => {
  const mutex = createNamedMutex();
  const first = gate();
  const ran: string[] = [];
  const work = (name: string) => async () => {
    ran.push(name);
    if (name === 'a') await first.passed;
  };
  const leaving = new AbortController();
  const a = mutex.run('x', work('a'));
  const b = mutex.run('x', work('b'), leaving.signal);
  const c = mutex.run('x', work('c'));
  leaving.abort();
  assert.equal(await b, null);
  assert.equal(await mutex.run('x', work('d'), AbortSignal.abort()), null);
  first.open();
  await Promise.all([a, c]);
  assert.deepEqual(ran, ['a', 'c']);
});
