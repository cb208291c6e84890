import assert from 'node:assert/strict';
import test from 'node:test';
import type { Plain, Reading } from '@watchbill/chain/reading';
import { whyMigrating, whyNotHere } from './stays.ts';

const NONE: Reading = { result: 'unknown', why: 'the runtime has no such item' };
const EMPTY: Reading = { result: 'empty', fallback: null };
const mode = (type: string): Plain => ({ type, value: null });

test('a chain that never had the client of Asset Hub keeps its staking', () => {
  assert.equal(whyNotHere(NONE, NONE), null);
});

test('staking is here as long as the client is passive, stored or by default', () => {
  assert.equal(whyNotHere({ result: 'value', value: mode('Passive') }, NONE), null);
  assert.equal(whyNotHere({ result: 'empty', fallback: mode('Passive') }, NONE), null);
});

test('during and after a migration, no state of it is used', () => {
  for (const type of ['Buffered', 'Active']) {
    assert.match(whyNotHere({ result: 'value', value: mode(type) }, NONE) ?? '', /moved away/);
    assert.match(whyNotHere({ result: 'empty', fallback: mode(type) }, NONE) ?? '', /moved away/);
  }
  assert.match(whyNotHere({ result: 'value', value: 7 }, NONE) ?? '', /not known/);
});

test('a running migration is a reason not to use the state', () => {
  assert.match(whyMigrating({ result: 'value', value: mode('Stuck') }) ?? '', /migration/);
  assert.equal(whyMigrating(EMPTY), null);
  assert.equal(whyMigrating(NONE), null);
});
