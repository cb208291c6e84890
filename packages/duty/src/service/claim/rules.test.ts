import assert from 'node:assert/strict';
import test from 'node:test';
import { type Mark, pointOf, type RecentUnit } from '../../rule/index.ts';
import type { GrantLine } from '../ledger/port.ts';
import { contradictedBy, ownGrant } from './rules.ts';
import { claimWith, FREE, IDENTITY, OWN } from './testing/claim.ts';

/** Protocol section 4, rule 2b: the ledger of this service forbids a grant that the store would allow. */

const CLAIM = claimWith({ dutyName: 'grandpa', parts: ['enter', 'prevote'], digest: '0a' });

function mark(...recent: readonly RecentUnit[]): Mark {
  return { recent } as unknown as Mark;
}

const entered: RecentUnit = { unit: CLAIM.unit, owner: CLAIM.owner, term: 1n, parts: [], enters: [] };
const line = (part: 'enter' | 'prevote', digest: string | null): GrantLine => {
  return { part, digest, nonce: 'n1', service: 's' };
};
const remembered = (...grants: readonly GrantLine[]) => ({ point: null, grants });

test('a part is repeated only with the payload that the own ledger holds', () => {
  const repeat = (digest: string) =>
    ownGrant({ ...CLAIM, parts: ['prevote'] }, 'repeat', mark(entered), remembered(line('prevote', digest)));
  assert.equal(repeat('0a'), null);
  assert.match(repeat('0b') ?? '', /the store does not hold it/);
});

test('an enter and votes of one claim are each looked up in the own ledger', () => {
  const why = (reason: 'new' | 'repeat', known: Mark, ...lines: readonly GrantLine[]) =>
    ownGrant(CLAIM, reason, known, remembered(...lines));
  assert.match(why('new', mark(), line('prevote', '0a')) ?? '', /^prevote of/);
  assert.match(why('new', mark(entered), line('enter', null), line('prevote', '0a')) ?? '', /^prevote of/);
  assert.equal(why('new', mark(entered), line('enter', null)), null);
  assert.equal(why('repeat', mark(entered), line('enter', null), line('prevote', '0a')), null);
});

const POINT = pointOf(OWN.mark);

test('a mark that holds the point, or denies all of it, does not contradict it', () => {
  assert.equal(contradictedBy(OWN.mark, IDENTITY, null), null);
  assert.equal(contradictedBy(OWN.mark, IDENTITY, POINT), null);
  assert.equal(contradictedBy({ ...FREE.mark, floor: [1n] }, IDENTITY, POINT), null);
});

test('another mark contradicts the point, and says what is remembered', () => {
  const why = (held: Mark | null, change: Partial<typeof POINT> = {}) =>
    contradictedBy(held, IDENTITY, { ...POINT, ...change });
  assert.deepEqual(why(FREE.mark), {
    kind: 'none',
    why: 'entry 2 (seal of 1) is remembered; the store is at entry 1',
  });
  assert.match(why(null)?.why ?? '', /; the store has no such mark$/);
  assert.match(why(FREE.mark, { part: null })?.why ?? '', /\(adoption of 1\)/);
  assert.match(why(FREE.mark, { unit: null })?.why ?? '', /\(an adoption\)/);
  assert.equal(why({ ...FREE.mark, floor: [1n] }, { top: [2n] })?.kind, 'gap');
});
