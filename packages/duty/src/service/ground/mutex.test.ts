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

test('work of one name runs one after another in its order, of other names meanwhile', async () => {
  const mutex = createNamedMutex();
  const first = gate();
  const seen: string[] = [];
  const work = (name: string) => async () => {
    seen.push(`${name} begins`);
    if (name === 'a') await first.passed;
    seen.push(`${name} ends`);
    return name;
  };
  const all = [mutex.run('x', work('a')), mutex.run('x', work('b')), mutex.run('x', work('c'))];
  assert.equal(await mutex.run('y', work('other')), 'other');
  first.open();
  assert.deepEqual(await Promise.all(all), ['a', 'b', 'c']);
  assert.equal(
    seen.filter((line) => !line.startsWith('other')).join(),
    'a begins,a ends,b begins,b ends,c begins,c ends',
  );
});

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

test('work that throws frees the name', async () => {
  const mutex = createNamedMutex();
  await assert.rejects(
    mutex.run('x', () => Promise.reject(new Error('broken'))),
    /broken/,
  );
  assert.equal(await mutex.run('x', async () => 'next'), 'next');
});
