import assert from 'node:assert/strict';
import { test } from 'node:test';
import { field } from '@watchbill/kit/testing';
import fc from 'fast-check';
import type { Roster } from './roster.ts';
import { accountOf, secondaryAuthor } from './slots.ts';

const names = (count: number, from = 0) =>
  Array.from({ length: count }, (_, at) => `0x${(from + at).toString(16).padStart(64, '0')}`);

const aura = (count: number): Roster => ({
  consensus: 'aura',
  authorities: names(count, 100),
  accounts: names(count),
  slots: null,
  randomness: null,
});

const babe = (count: number, first: bigint, slotCount: bigint, seed = 1): Roster => ({
  consensus: 'babe',
  authorities: names(count, 100),
  accounts: names(count),
  slots: { first, count: slotCount },
  randomness: new Uint8Array(32).fill(seed),
});

test('Aura: every slot counts for one account, the author or the one whose turn passed', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 9 }),
      fc.bigInt(0n, 1_000_000n),
      fc.integer({ min: 1, max: 60 }),
      (count, parent, step) => {
        const roster = aura(count);
        const slot = parent + BigInt(step);
        const found = accountOf({ consensus: 'aura', slot }, parent, roster, roster);
        const told = [...found.missed, found.authored].map((one) => one?.account);
        const turns = Array.from(
          { length: step },
          (_, at) => roster.accounts?.[Number((parent + 1n + BigInt(at)) % BigInt(count))],
        );
        assert.deepEqual(told, turns);
        assert.equal(found.unknownSlots, 0);
      },
    ),
  );
});

test('Aura: several blocks in one slot miss nothing, and turns go by the authorities of the parent', () => {
  const [before, own] = [aura(2), aura(3)];
  const same = accountOf({ consensus: 'aura', slot: 7n }, 7n, before, own);
  assert.deepEqual(same.missed, []);
  const found = accountOf({ consensus: 'aura', slot: 9n }, 7n, before, own);
  assert.deepEqual(found.missed, [{ account: before.accounts?.[0], claim: 'turn' }]);
  assert.equal(found.authored?.account, before.accounts?.[1]);
});

test('BABE: an empty slot counts as missed for its secondary author only; a slot with a block for no account', () => {
  const roster = babe(4, 0n, 1_000n);
  const claim = { consensus: 'babe', slot: 15n, claim: 'primary', authorityIndex: 2 } as const;
  const found = accountOf(claim, 12n, roster, roster);
  assert.deepEqual(found.authored, { account: roster.accounts?.[2], claim: 'primary' });
  assert.deepEqual(
    found.missed,
    [13n, 14n].map((slot) => ({
      account: roster.accounts?.[secondaryAuthor(slot, roster)],
      claim: 'secondary',
    })),
  );
  assert.deepEqual(accountOf({ ...claim, slot: 13n }, 12n, roster, roster).missed, []);
});

test('BABE: slots are drawn by the epoch in which they are, and outside of both epochs they count for no account', () => {
  const [before, own] = [babe(5, 0n, 10n, 1), babe(5, 14n, 10n, 2)];
  const claim = { consensus: 'babe', slot: 17n, claim: 'secondary-vrf', authorityIndex: 1 } as const;
  const found = accountOf(claim, 7n, before, own);
  assert.deepEqual(found.missed.map(field('account')), [
    before.accounts?.[secondaryAuthor(8n, before)],
    before.accounts?.[secondaryAuthor(9n, before)],
    ...[14n, 15n, 16n].map((slot) => own.accounts?.[secondaryAuthor(slot, own)]),
  ]);
  assert.equal(found.unknownSlots, 4, 'slots 10 to 13 are of an unknown epoch');
});

test('an unknown owner is reported as unknown', () => {
  const roster = { ...babe(4, 0n, 1_000n), randomness: null };
  const claim = { consensus: 'babe', slot: 15n, claim: 'primary', authorityIndex: 9 } as const;
  const found = accountOf(claim, 12n, roster, roster);
  assert.deepEqual(found, { authored: null, missed: [], unknownSlots: 2 });
  const nameless = { ...aura(3), accounts: null };
  assert.equal(accountOf({ consensus: 'aura', slot: 4n }, 3n, nameless, nameless).authored?.account, null);
  const whole = accountOf({ consensus: 'aura', slot: 900_000n }, 1n, aura(3), aura(3));
  assert.deepEqual([whole.missed.length, whole.unknownSlots], [0, 899_998]);
});
