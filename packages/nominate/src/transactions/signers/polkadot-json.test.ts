import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openKeyFile, readKeyFile, sealKeyFile } from '@watchbill/chain/keys';
import { makeKey } from '../../chain/index.ts';
import { TransactionFault } from '../transactions-fault.ts';
import { openPolkadotJson } from './polkadot-json.ts';

/** `PHRASE//watchbill` with the password "correct horse", exported by `@polkadot/keyring`. */
const ACCOUNTS = [
  {
    scheme: 'sr25519',
    account: '0x64881e786505570f57797cfc3c50797d417d880e96375563741b7d818e8f7b2a',
    encoded:
      'tZwxOPSomDuTS47gXrnvvoerqwm3u+6Aizfsoem2kvYAAAIAAQAAAAgAAAAqhJivHA/sr7fyMIzBJ4q3k4HgsaSIva7H8mo53rzEUXAFiH6YLgMElmqFCh6sBisezOnV/v6b+jU74tuKn/BSyyqFZPPUW2Ocjr6NysCg8YBl74JH/1KBPNqSiYdGPzsALDr33LaZgM9oTaTWfgWBEUq+0GOpQqxQvDOVxzBeLL91x6OXWkGb/Y1hhHRGez0lSV0YfFUPP1RZAwLT',
  },
  {
    scheme: 'ed25519',
    account: '0x5e11459b0f951a52c7ddbab3850fdae57ee945ec4a2262d63b733b9afc0d1824',
    encoded:
      'G6osK9rAbDiGZOMr2jWZ24tzQODqA8aI4gaAT9WUuwgAAAIAAQAAAAgAAADisiniZJBi4iiOfhplwX7Y+73YukIfltIrF/7dJfS+6gRzDq5U7AgXQoPL06pwo4ifCI6ktAvxo+4zJb0QKWMuN6jfyPpeN4fuXjkZHdp174Xmd+NZQw18SO5tap189tp2Lo9WPwdngi3bjJ+jEEmSMu5eo6Xo3+6v7E37/JE1bRJ2/cRkRjcCG1wOGge46ZKnsbrOtlq0i1eiWaCr',
  },
] as const;
const PASSWORD = 'correct horse';
const CHEAP = { n: 2 ** 10, r: 8, p: 1 };

function exported(encoded: string, scheme: string, change: object = {}): string {
  const encoding = { content: ['pkcs8', scheme], type: ['scrypt', 'xsalsa20-poly1305'], version: '3' };
  return JSON.stringify({ encoded, encoding: { ...encoding, ...change }, address: '5', meta: {} });
}

describe('an account that Polkadot-JS exported', () => {
  for (const { scheme, account, encoded } of ACCOUNTS)
    test(`is opened, signs for its account, and survives a key file: ${scheme}`, () => {
      const opened = openPolkadotJson(exported(encoded, scheme), PASSWORD);
      assert.deepEqual([opened.scheme, opened.account], [scheme, account]);
      assert.equal(makeKey(scheme, opened.secret).account, account);
      const sealed = sealKeyFile(opened, 'a passphrase', CHEAP);
      assert.equal(JSON.parse(sealed).version, scheme === 'sr25519' ? 2 : 1);
      assert.deepEqual(readKeyFile(sealed), { scheme, account });
      assert.deepEqual(openKeyFile(sealed, 'a passphrase'), opened);
    });

  test('is refused with the wrong password, changed, unencrypted, or with costs that use all memory', () => {
    const [{ encoded, scheme }] = ACCOUNTS;
    const bytes = Buffer.from(encoded, 'base64');
    const changed = (at: number, value: number): string => {
      const copy = Buffer.from(bytes);
      copy[at] = value;
      return copy.toString('base64');
    };
    const refused = (text: string, password: string, why: RegExp): void =>
      assert.throws(
        () => openPolkadotJson(text, password),
        (error) =>
          error instanceof TransactionFault &&
          why.test(error.message) &&
          !`${error.message}${error.remedy}`.includes(PASSWORD),
      );
    refused(exported(encoded, scheme), 'correct hors', /password is wrong/);
    refused(exported(changed(90, (bytes[90] ?? 0) ^ 1), scheme), PASSWORD, /password is wrong/);
    refused(exported(changed(35, 0x7f), scheme), PASSWORD, /too high costs/);
    refused(exported(encoded.slice(0, 40), scheme), PASSWORD, /cut off/);
    refused(exported(encoded, scheme, { type: ['none'] }), PASSWORD, /not an encrypted account/);
    refused('[]', PASSWORD, /not an encrypted account/);
  });

  test('a key file whose version and length differ is refused', () => {
    const sealed = sealKeyFile(
      { scheme: 'ed25519', account: ACCOUNTS[1].account, secret: new Uint8Array(32) },
      'a passphrase',
      CHEAP,
    );
    const other = JSON.stringify({ ...JSON.parse(sealed), version: 2 });
    assert.throws(() => openKeyFile(other, 'a passphrase'), /secret cannot be used/);
  });
});
