import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changedTrait, type MachineTraits, readTraits, sharedTrait } from './machine-traits.ts';

const UUID = '4c4c4544-0035-4d10-8056-b7c04f4b3332';
const OTHER_UUID = '4c4c4544-0035-4d10-8056-b7c04f4b3333';
const KEY = `SHA256:${'a'.repeat(43)}`;
const OTHER_KEY = `SHA256:${'b'.repeat(43)}`;

const traits = (dmiUuid: string | null, ...hostKeys: readonly string[]): MachineTraits => ({
  dmiUuid,
  hostKeys,
});

test('traits are read from their lines, and everything else is left out', () => {
  const lines = [`dmi ${UUID.toUpperCase()}`, `key ${OTHER_KEY}`, `key ${KEY}`, 'key ', `key ${KEY}`, 'motd'];
  assert.deepEqual(readTraits(lines), traits(UUID, KEY, OTHER_KEY));
  assert.deepEqual(readTraits([]), traits(null));
});

test('a UUID that a vendor gave to all its machines is none', () => {
  for (const uuid of [
    '00000000-0000-0000-0000-000000000000',
    'ffffffff-ffff-ffff-ffff-ffffffffffff',
    '03000200-0400-0500-0006-000700080009',
    '00020003-0004-0005-0006-000700080009',
    'Not Settable',
  ])
    assert.equal(readTraits([`dmi ${uuid}`]).dmiUuid, null, uuid);
});

test('machines share a host key or hardware; a fact that one does not show is not a finding', () => {
  assert.equal(
    sharedTrait(traits(null, KEY, OTHER_KEY), traits(UUID, OTHER_KEY)),
    `the same ssh host key ${OTHER_KEY}`,
  );
  assert.equal(sharedTrait(traits(UUID, KEY), traits(UUID)), `the same DMI UUID ${UUID}`);
  for (const other of [traits(null), traits(OTHER_UUID, OTHER_KEY)])
    assert.equal(sharedTrait(traits(UUID, KEY), other), null);
  assert.equal(sharedTrait(traits(null), traits(null)), null);
});

test('other hardware is a change; host keys decide only if the hardware is not known', () => {
  assert.equal(
    changedTrait(traits(UUID, KEY), traits(OTHER_UUID, KEY)),
    `the DMI UUID ${OTHER_UUID} in place of ${UUID}`,
  );
  assert.equal(changedTrait(traits(UUID, KEY), traits(UUID, OTHER_KEY)), null, 'a person made new keys');
  assert.equal(
    changedTrait(traits(null, KEY), traits(UUID, OTHER_KEY)),
    `the ssh host key ${OTHER_KEY} in place of ${KEY}`,
  );
  for (const now of [traits(null), traits(UUID), traits(null, KEY, OTHER_KEY)])
    assert.equal(changedTrait(traits(null, KEY), now), null);
});
