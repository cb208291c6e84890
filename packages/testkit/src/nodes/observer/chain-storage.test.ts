import assert from 'node:assert/strict';
import { test } from 'node:test';
import { storageKey } from '@watchbill/chain';
import { chainOffences, keyOwners } from './chain-storage.ts';
import { fakeNodeRpc } from './testing/fake-node-rpc.ts';

const KEY_HASH = '11'.repeat(8);
const ID = 'ab'.repeat(32);
const OFFENDER = 'cd'.repeat(32);
const hexText = (text: string): string => Buffer.from(text, 'latin1').toString('hex');

/** A node whose storage is this table, in pages as a node gives it. */
function fakeState(storage: Readonly<Record<string, string>>) {
  return fakeNodeRpc({
    state_getKeysPaged: (prefix: string, count: number, after: string | null) =>
      Object.keys(storage)
        .sort()
        .filter((key) => key.startsWith(prefix) && (after === null || key > after))
        .slice(0, count),
    state_queryStorageAt: (keys: readonly string[]) => [
      { block: '0x00', changes: keys.map((key) => [key, storage[key] ?? null]) },
    ],
  });
}

test('owners of session keys are read from the keys of the map', async () => {
  const prefix = storageKey('Session', 'KeyOwner');
  const node = fakeState({
    [`${prefix}${KEY_HASH}${hexText('babe')}80${ID}`]: `0x${OFFENDER}`,
    [`${prefix}${KEY_HASH}${hexText('beef')}84${ID}02`]: `0x${OFFENDER}`,
  });
  assert.deepEqual(await keyOwners(node), [
    { type: 'babe', key: `0x${ID}`, account: `0x${OFFENDER}` },
    { type: 'beef', key: `0x${ID}02`, account: `0x${OFFENDER}` },
  ]);
});

const REPORT = `${storageKey('Offences', 'Reports')}${KEY_HASH}${ID}`;
const INDEX = `${storageKey('Offences', 'ConcurrentReportsIndex')}${KEY_HASH}${hexText('babe:equivocatio')}${KEY_HASH}20ca42006b00000000`;

test('an offence has its kind, its time slot and its offender', async () => {
  // One reporter after the offender: what follows the account is not looked at.
  const node = fakeState({ [REPORT]: `0x${OFFENDER}04${ID}`, [INDEX]: `0x04${ID}` });
  assert.deepEqual(await chainOffences(node), [
    { kind: 'babe:equivocatio', timeSlot: '0xca42006b00000000', offender: `0x${OFFENDER}` },
  ]);
});

test('a report that is in the index alone waits for the next look', async () => {
  assert.deepEqual(await chainOffences(fakeState({ [INDEX]: `0x04${ID}` })), []);
});

test('a chain without offences has none', async () => {
  assert.deepEqual(await chainOffences(fakeState({})), []);
});

test('a map of several pages is read whole', async () => {
  const prefix = storageKey('Session', 'KeyOwner');
  const entries = Array.from({ length: 2_100 }, (_, index) => {
    const key = index.toString(16).padStart(64, '0');
    return [`${prefix}${KEY_HASH}${hexText('gran')}80${key}`, `0x${OFFENDER}`] as const;
  });
  const owners = await keyOwners(fakeState(Object.fromEntries(entries)));
  assert.equal(new Set(owners.map(({ key }) => key)).size, 2_100);
});
