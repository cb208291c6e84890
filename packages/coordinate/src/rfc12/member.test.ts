import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAINNET_ERAS } from './eras.ts';
import { memberOf } from './member.ts';
import { GROUP } from './testing/fake-group.ts';

test('a member has all seats of its operator, or those whose keys it still has', () => {
  assert.deepEqual(memberOf(GROUP, '0xA', MAINNET_ERAS).localSeats, [3, 4, 9, 10]);
  assert.deepEqual(memberOf(GROUP, '0xA', MAINNET_ERAS, [10, 4]).localSeats, [4, 10]);
});

test('an operator without a seat is not a member', () => {
  assert.throws(() => memberOf(GROUP, '0xZ', MAINNET_ERAS), /0xZ has no seat in the group/);
  assert.throws(() => memberOf(GROUP, '0xA', MAINNET_ERAS, []), /no seat/);
});

test('a seat of another operator, or one that does not exist, is refused', () => {
  assert.throws(() => memberOf(GROUP, '0xA', MAINNET_ERAS, [3, 1]), /seat 1 is not the operator's/);
  assert.throws(() => memberOf(GROUP, '0xA', MAINNET_ERAS, [11]), /seat 11/);
});

test('an invalid group is refused', () => {
  const group = { ...GROUP, keyHash: new Uint8Array(3) };
  assert.throws(() => memberOf(group, '0xA', MAINNET_ERAS), /20 bytes; got 3/);
});

test('later changes of the list of operators have no effect', () => {
  const operators = [...GROUP.operators];
  const member = memberOf({ ...GROUP, operators }, '0xA', MAINNET_ERAS);
  operators.reverse();
  assert.deepEqual(member.group.operators, GROUP.operators);
});
