import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { field } from '@watchbill/kit/testing';
import { checkGroup, isDialedBy, othersOf } from './group.ts';
import type { TransportGroup } from './port.ts';
import { conformanceGroup, conformanceKey } from './testing/conformance-group.ts';

const KEYS = [0, 1, 2].map(conformanceKey);
const group = conformanceGroup(1, { keys: KEYS });
const own = conformanceKey(1);

describe('the group of a transport', () => {
  test('a good one', () => {
    assert.doesNotThrow(() => checkGroup(group, own));
    assert.deepEqual(othersOf(group).map(field('seat')), [0, 2]);
  });

  const bad: readonly (readonly [string, TransportGroup, RegExp])[] = [
    ['a short id', { ...group, groupId: new Uint8Array(31) }, /32 bytes/],
    ['a seat that is not there', { ...group, seat: 3 }, /no seat 3/],
    ['the seat of another', { ...group, seat: 2 }, /does not belong to seat 2/],
    ['seats out of order', { ...group, members: [...group.members].reverse() }, /place 0 has the seat 2/],
    ['a key at two seats', conformanceGroup(1, { keys: [own, own] }), /seats 0 and 1 have the same key/],
    ['too many members', conformanceGroup(1, { keys: new Array(257).fill(own) }), /at most 256/],
  ];
  for (const [name, value, message] of bad) {
    test(`refused: ${name}`, () =>
      assert.throws(() => checkGroup(value, own), { name: 'RangeError', message }));
  }
});

describe('who dials', () => {
  const dialed = (seat: number, listed: readonly number[]) => {
    const addressesOf = (other: number) => (listed.includes(other) ? ['host:1'] : []);
    const known = conformanceGroup(seat, { keys: KEYS, addressesOf });
    return known.members.filter((member) => isDialedBy(known, member)).map((member) => member.seat);
  };

  test('the lower seat of two, so each pair is dialed once', () => {
    assert.deepEqual(
      [0, 1, 2].map((seat) => dialed(seat, [0, 1, 2])),
      [[1, 2], [2], []],
    );
  });

  test('one without addresses dials those that have some, and no member dials it', () => {
    assert.deepEqual(
      [0, 1, 2].map((seat) => dialed(seat, [0, 1])),
      [[1], [], [0, 1]],
    );
    assert.deepEqual(
      [0, 1, 2].map((seat) => dialed(seat, [])),
      [[], [], []],
    );
  });
});
