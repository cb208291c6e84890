import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writeAddress } from '@watchbill/chain/address';
import { accountGiven, accountOfAddress } from '@watchbill/chain/command/account';
import { Fault } from '@watchbill/kit';

const PUBLIC_KEY = `0x${'ab'.repeat(32)}`;
const ADDRESS = writeAddress({ prefix: 42, publicKey: PUBLIC_KEY });
const PHRASE = 'bottom drive obey lake curtain smoke basket hold race lonely fit walk';

test('an address is an account, and hex only where it is asked for', () => {
  const account = Uint8Array.from(Buffer.from('ab'.repeat(32), 'hex'));
  assert.deepEqual(accountOfAddress(ADDRESS, 'flag --stash'), account);
  assert.deepEqual(accountGiven(ADDRESS, 'flag --stash'), account);
  assert.deepEqual(accountGiven(PUBLIC_KEY, 'flag --stash'), account);
});

test('a refusal names the flag and an example, and never repeats the value', () => {
  for (const read of [accountOfAddress, accountGiven])
    for (const value of [PHRASE, '//Alice', `0x${'cd'.repeat(31)}`, ADDRESS.slice(1)])
      assert.throws(
        () => read(value, 'flag --stash'),
        (error) => {
          assert.ok(error instanceof Fault);
          const said = JSON.stringify(error.problems);
          assert.match(said, /flag --stash.*for example 5GNJ/);
          return !said.includes(value);
        },
      );
});

test('a seed in hex is no address', () => {
  assert.throws(() => accountOfAddress(PUBLIC_KEY, 'flag --validator'), /is not an SS58 address/);
});
