import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearest } from './nearest.ts';

test('a swap, an insertion, a deletion and a change are all close', () => {
  for (const word of ['prot', 'poort', 'prt', 'pert', 'PORT'])
    assert.equal(nearest(word, ['host', 'port']), 'port');
});

test('the closest wins, and a very different word has no match', () => {
  assert.equal(nearest('keyFil', ['certFile', 'keyFile', 'caFile']), 'keyFile');
  assert.equal(nearest('roster', ['host', 'port', 'socket']), null);
  assert.equal(nearest('x', []), null);
});
