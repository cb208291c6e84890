import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { dutyNamed, encodeWord, type LedgerPoint, wordKeyOf } from '../../rule/index.ts';
import type { ClaimRequest } from '../contract.ts';
import { PermitFault } from '../contract.ts';
import { CHAIN, claimOf, INCARNATION, KEY, seal, vote } from '../testing/services.ts';
import type { LedgerIdentity } from './genesis.ts';
import { parseClaim } from './parse.ts';

const LEDGER = '5c'.repeat(16);
const EPOCH = 'e1'.repeat(16);
const VOIDED = 'e0'.repeat(16);
const IDENTITY = {
  ledger: LEDGER,
  epoch: EPOCH,
  voided: new Set([VOIDED]),
  wordKey: wordKeyOf('the secret'),
} as unknown as LedgerIdentity;

const parsed = (change: Partial<ClaimRequest> = {}) =>
  parseClaim(IDENTITY, claimOf({ claimId: 'claim-1', ...change }), 'a');
const ENTER = { duty: 'grandpa', unit: '0/1', part: 'enter', digest: null, term: '3' } as const;
const PREVOTE = { duty: 'grandpa', unit: '0/1', part: 'prevote', digest: vote('01') } as const;

/** The code and the message of the fault that this request causes. */
function fault(change: Partial<ClaimRequest>): string {
  try {
    parsed(change);
  } catch (error) {
    assert.ok(error instanceof PermitFault);
    assert.equal(error.status, 400);
    assert.match(error.remedy, /recorded no part|below 2\^64|^(Use|Write|Send) /);
    return `${error.code} ${error.message}`;
  }
  return 'none';
}

test('a claim is read as it was asked, without additions', () => {
  assert.deepEqual(parsed(), {
    claim: {
      ledger: null,
      epoch: null,
      chain: CHAIN,
      key: KEY,
      duty: dutyNamed('babe'),
      unit: [1n],
      parts: ['seal'],
      digest: '01'.repeat(32),
      owner: { node: 'a', incarnation: INCARNATION },
      term: null,
      strictlyIncreasing: false,
    },
    said: { kind: 'nothing' },
  });
  assert.equal(parsed({ ledger: LEDGER }).claim.ledger, LEDGER);
  assert.equal(parsed(ENTER).claim.term, 3n);
  assert.equal(parsed({ digest: undefined }).claim.digest, null);
});

describe('a claim that is not written as a claim is refused with the field and the rule', () => {
  const cases: readonly [string, Partial<ClaimRequest>, RegExp][] = [
    ['an unknown duty', { duty: 'b"x' }, /^unknown-duty duty: "b\\"x" is not one of babe, aura, /],
    ['a member of objects as a duty', { duty: 'constructor' }, /^unknown-duty /],
    ['a unit', { unit: '01' }, /^malformed-unit unit: of a babe claim: ./],
    ['a unit of another duty', { unit: '1/2' }, /^malformed-unit /],
    ['a unit beyond its width', { unit: '18446744073709551616' }, /^malformed-unit /],
    [
      'a part of another duty',
      { part: 'vote' },
      /^part-not-of-duty part: babe has the parts seal, not vote$/,
    ],
    ['the parts of a duty with several', { ...PREVOTE, part: 'seal' }, /parts enter, propose, prevote, /],
    ['no claim id', { claimId: '' }, /^malformed claimId: ./],
    ['a claim id that is too long', { claimId: 'x'.repeat(65) }, /^malformed claimId: ./],
    ['a claim id with other characters before', { claimId: ' claim' }, /^malformed claimId: ./],
    ['a claim id with other characters behind', { claimId: 'claim\n' }, /^malformed claimId: ./],
    ['an incarnation that is too short', { incarnation: '1'.repeat(31) }, /^malformed incarnation: ./],
    ['an incarnation that is too long', { incarnation: '1'.repeat(33) }, /^malformed incarnation: ./],
    ['an incarnation with more behind', { incarnation: `${'1'.repeat(32)}z` }, /^malformed incarnation: ./],
    ['an incarnation in capitals', { incarnation: 'A'.repeat(32) }, /^malformed incarnation: ./],
    [
      'a digest of another length',
      { digest: `${seal('01')}00` },
      /^digest-length digest: babe binds 32 bytes: use 0x and 64 lower-case/,
    ],
    ['a digest of half a byte', { digest: `0x${'1'.repeat(63)}` }, /^digest-length digest: ./],
    ['a digest in capitals', { digest: `0x${'AB'.repeat(32)}` }, /^digest-length digest: ./],
    ['a digest without 0x', { digest: '01'.repeat(33) }, /^digest-length digest: ./],
    ['a digest with more behind', { digest: `0x${'01'.repeat(31)}zz` }, /^digest-length digest: ./],
    [
      'a digest of the right length with more before',
      { digest: `zz0x${'01'.repeat(31)}` },
      /^digest-length digest: ./,
    ],
    ['a digest of an enter', { ...ENTER, digest: vote('01') }, /^digest-length digest: enter signs nothing/],
    [
      'a digest of a duty without one',
      { duty: 'im-online', unit: '1', part: 'heartbeat' },
      /^digest-length digest: im-online binds no digest/,
    ],
    ['a term of a vote', { ...PREVOTE, term: '3' }, /^malformed term: only enter/],
    ['an enter without a term', { ...ENTER, term: null }, /^malformed term: enter needs/],
    ['an enter with another term', { ...ENTER, term: '03' }, /^malformed term: enter needs/],
    ['an enter with a sign', { ...ENTER, term: '-3' }, /^malformed term: enter needs/],
    ['an enter with more behind', { ...ENTER, term: '3 ' }, /^malformed term: enter needs/],
    ['an enter with a long term', { ...ENTER, term: '1'.repeat(21) }, /^malformed term: enter needs/],
    ['an enter with a term beyond 64 bits', { ...ENTER, term: '18446744073709551616' }, /^number-too-large /],
    ['a word that is cut off', { word: 'w1.' }, /^malformed word: send it exactly/],
  ];
  for (const [what, change, message] of cases) test(what, () => assert.match(fault(change), message));

  test('and one at the edge is taken', () => {
    for (const change of [
      { claimId: 'Az09_-'.padEnd(64, 'x') },
      { ...ENTER, term: '0' },
      { ...ENTER, term: '18446744073709551615' },
      { ...ENTER, term: '90' },
    ])
      assert.equal(fault(change), 'none');
  });
});

test('an epoch that a recovery ended is no claim on another ledger, any other one is kept', () => {
  assert.equal(parsed({ epoch: VOIDED }).claim.epoch, null);
  assert.equal(parsed({ epoch: EPOCH }).claim.epoch, EPOCH);
  assert.equal(parsed({ epoch: 'x' }).claim.epoch, 'x');
});

describe('the memory that a claimant sends', () => {
  const point: LedgerPoint = {
    epoch: EPOCH,
    seq: 7n,
    hash: 'ab'.repeat(32),
    unit: [1n],
    part: 'seal',
    nonce: 'n1',
    top: [1n],
  };
  const babe = dutyNamed('babe');
  assert.ok(babe);
  const place = { ledger: LEDGER, chain: CHAIN, key: KEY, duty: babe };
  const wordOf = (change: Partial<typeof place> = {}, secret = 'the secret') =>
    encodeWord(point, { ...place, ...change }, wordKeyOf(secret));

  test('is a word, or nothing', () => {
    assert.deepEqual(parsed({ word: wordOf() }).said, { kind: 'word', point });
    assert.deepEqual(parsed({ word: null }).said, { kind: 'nothing' });
  });

  test('is refused if this ledger did not write it for this mark', () => {
    const said = (word: string) => parsed({ word }).said;
    const other = said(wordOf({ ledger: 'another' }));
    assert.deepEqual(other, { kind: 'refused', why: 'the word is of another ledger' });
    for (const word of [wordOf({}, 'another secret'), wordOf({ key: CHAIN }), wordOf({ chain: KEY })])
      assert.deepEqual(said(word), {
        kind: 'refused',
        why: 'the word was not written by this ledger for this mark',
      });
  });
});
