import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Place } from '../../file/graph/index.ts';
import { samePlace } from './same-place.ts';

function cluster(name: string, namespace: string): Place {
  return { target: 'kubernetes', name, context: name, namespace };
}

function machine(name: string): Place {
  return { target: 'machine', name, host: name, port: 22, user: 'root' };
}

test('one cluster under two names is seen, unless the namespaces differ', () => {
  const identities = { a: 'uid-1', b: 'uid-2', c: 'uid-1', d: 'uid-1' };
  assert.equal(samePlace([cluster('a', 'x'), cluster('b', 'x')], identities), null);
  assert.equal(samePlace([cluster('a', 'x'), cluster('d', 'y')], identities), null);
  assert.deepEqual(samePlace([cluster('a', 'x'), cluster('b', 'x'), cluster('c', 'x')], identities), [
    'a',
    'c',
  ]);
});

test('one machine under two names is seen; a machine is never a cluster', () => {
  const identities = { a: 'id', b: 'id', c: 'id' };
  assert.deepEqual(samePlace([machine('a'), machine('b')], identities), ['a', 'b']);
  assert.equal(samePlace([machine('a'), cluster('c', '')], identities), null);
});
