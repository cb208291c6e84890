import assert from 'node:assert/strict';
import test from 'node:test';
import { type Claim, DUTIES, type Mark, type RecentUnit } from '@watchbill/duty';
import type { GrantLine } from '../ledger/port.ts';
import { ownGrant } from './recollection.ts';

/** Protocol section 4, rule 2b: the ledger of this service forbids a grant that the store would allow. */

const UNIT = [0n, 10n];
const owner = { node: 'a', incarnation: '11' };

function claim(part: 'enter' | 'prevote', digest: string | null): Claim {
  const duty = DUTIES.find(({ name }) => name === 'grandpa');
  assert.ok(duty);
  const rest = { ledger: null, epoch: null, chain: '', key: '', term: null, strictlyIncreasing: false };
  return { ...rest, duty, unit: UNIT, parts: [part], digest, owner };
}

function mark(...recent: readonly RecentUnit[]): Mark {
  return { recent } as unknown as Mark;
}

const entered: RecentUnit = { unit: UNIT, owner, term: 1n, parts: [], enters: [] };
const line = (part: 'enter' | 'prevote', digest: string | null): GrantLine => ({
  part,
  digest,
  nonce: 'n1',
  service: 's',
});
const remembered = (...grants: readonly GrantLine[]) => ({ point: null, grants });

test('a part that the own ledger holds is never granted as new, not even with the same payload', () => {
  for (const digest of ['0a', '0b', null])
    assert.match(
      ownGrant(claim('prevote', '0a'), 'new', mark(entered), remembered(line('prevote', digest))) ?? '',
      /prevote of 0\/10 .* attempt n1/,
    );
  assert.equal(ownGrant(claim('prevote', '0a'), 'new', mark(entered), remembered()), null);
});

test('a part is repeated only with the payload that the own ledger holds', () => {
  const repeat = (digest: string) =>
    ownGrant(claim('prevote', '0a'), 'repeat', mark(entered), remembered(line('prevote', digest)));
  assert.equal(repeat('0a'), null);
  assert.match(repeat('0b') ?? '', /the store does not hold it/);
});

test('a unit may be entered again as long as the store knows that it was entered', () => {
  const enter = (known: Mark) =>
    ownGrant(claim('enter', null), 'new', known, remembered(line('enter', null)));
  assert.equal(enter(mark(entered)), null);
  assert.match(enter(mark()) ?? '', /enter of 0\/10/);
});
