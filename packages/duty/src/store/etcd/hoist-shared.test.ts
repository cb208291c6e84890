import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Compare, Transaction } from '../port.ts';
import { sharedCompares, withoutShared, withShared } from './hoist.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const compare = (key: string, value: string | null): Compare => ({
  key,
  value: value === null ? null : bytes(value),
});
const transaction = (compares: readonly Compare[], writes: readonly string[] = []): Transaction => ({
  compares,
  writes: writes.map((key) => ({ key, value: bytes('new') })),
});
const keysOf = (compares: readonly Compare[]) => compares.map(({ key }) => key);

const epoch = compare('epoch', '1');

describe('a compare is shared only if every transaction makes it', () => {
  const cases: readonly [string, readonly Transaction[], readonly string[]][] = [
    ['none', [], []],
    ['one transaction', [transaction([epoch])], []],
    ['two of three', [transaction([epoch]), transaction([epoch]), transaction([compare('other', '1')])], []],
    [
      'three, one with another value',
      [transaction([epoch]), transaction([epoch]), transaction([compare('epoch', '2')])],
      [],
    ],
    [
      'three, one expects absence',
      [transaction([epoch]), transaction([epoch]), transaction([compare('epoch', null)])],
      [],
    ],
    [
      'three, at different places',
      [
        transaction([epoch]),
        transaction([compare('a', '1'), epoch]),
        transaction([epoch, compare('b', null)]),
      ],
      ['epoch'],
    ],
    ['absence in both', [transaction([compare('a', null)]), transaction([compare('a', null)])], ['a']],
    ['one of two writes it', [transaction([epoch]), transaction([epoch], ['epoch'])], []],
  ];
  for (const [what, transactions, shared] of cases)
    test(what, () => assert.deepEqual(keysOf(sharedCompares(transactions)), shared));
});

describe('a transaction without its shared compares', () => {
  const whole = transaction([compare('a', '1'), epoch, compare('b', null), compare('c', '3')], ['a']);
  const shared = new Set(['epoch', 'b']);

  test('keeps the others, and its writes', () => {
    const rest = withoutShared(whole, shared);
    assert.deepEqual(keysOf(rest.compares), ['a', 'c']);
    assert.deepEqual(rest.writes, whole.writes);
  });

  test('gets the values of all of them back, in its order', () => {
    assert.deepEqual(withShared(whole, shared, [bytes('x'), null]), [bytes('x'), bytes('1'), null, null]);
    assert.deepEqual(withShared(whole, shared, [null, bytes('z')]), [null, bytes('1'), null, bytes('z')]);
  });

  test('gets copies', () => {
    const held = withShared(whole, shared, [bytes('x'), bytes('z')]);
    held[1]?.fill(0);
    assert.deepEqual(epoch.value, bytes('1'));
  });
});
