// What is read from a search: an end that proves nothing must not pass for one that does.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CONFIGURATIONS, readSearch } from './models.mjs';

const WHOLE = `
Full statespace search for:
	assertion violations	+
State-vector 92 byte, depth reached 28, errors: 0
   809000 states, stored
`;

test('a whole search without a violation holds', () => {
  assert.deepEqual(readSearch(WHOLE), { found: 'holds', states: 809_000 });
  assert.deepEqual(readSearch(WHOLE.replace('   809000', '5.7285e+07')).states, 57_285_000);
});

test('a search that was cut off proves nothing', () => {
  for (const cut of [
    'error: max search depth too small\n',
    'Warning: Search not completed\n',
    'pan: reached -DMEMLIM bound\npan: out of memory\n',
  ]) {
    assert.equal(readSearch(cut + WHOLE).found, 'unfinished');
  }
  assert.equal(readSearch('').found, 'unfinished');
  assert.equal(readSearch(WHOLE.replace('809000', '1')).found, 'unfinished');
});

test('a violation is named, and one of another kind is none that was expected', () => {
  const broken = (name) =>
    `pan:1: assertion violated  !(${name}) (at depth 21)\n${WHOLE.replace('errors: 0', 'errors: 1')}`;
  assert.equal(readSearch(broken('twoCertificates')).found, 'two certificates');
  assert.equal(readSearch(broken('signedTwice')).found, 'signed twice');
  assert.equal(readSearch(broken('constructor')).found, 'unfinished');
  assert.equal(readSearch(broken('x').replace('!(x)', '(x)')).found, 'unfinished');
});

test('every control and every witness expects something to be found, and nothing else does', () => {
  for (const { name, expected } of CONFIGURATIONS) {
    assert.equal(expected === 'holds', !/^(control|reachable):/.test(name), name);
  }
});
