import assert from 'node:assert/strict';
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { sealKeyFile } from '@watchbill/chain/keys';
import { temporaryFolder } from '@watchbill/kit/testing';
import {
  KeyFileError,
  type KeyFileProblem,
  readOperatorFile,
  readOperatorKey,
  writeOperatorKey,
} from './key-file.ts';
import { newOperatorSecret } from './operator-key.ts';
import { KEY_SCHEMES } from './port.ts';

const folder = temporaryFolder();

const SECRET_HEX = 'ab'.repeat(32);
/** Of scrypt, so that a test is fast. */
const CHEAP = { n: 2 ** 10, r: 8, p: 1 };

function fails(problem: KeyFileProblem, run: () => unknown): void {
  assert.throws(run, (error) => {
    assert.ok(error instanceof KeyFileError);
    assert.equal(error.problem, problem);
    assert.ok(!error.message.includes(SECRET_HEX.slice(0, 8)), 'the secret is not in the message');
    return true;
  });
}

describe('the file of an operator key', () => {
  for (const scheme of KEY_SCHEMES) {
    test(`${scheme}: a written key is read again, and only its owner may read it`, () => {
      const file = join(folder, scheme);
      const { key, secret } = newOperatorSecret(scheme);
      writeOperatorKey(file, scheme, secret);
      assert.equal(statSync(file).mode & 0o777, 0o600);
      const read = readOperatorKey(file);
      assert.equal(read.scheme, scheme);
      assert.deepEqual(read.publicKey, key.publicKey);
      assert.deepEqual(read.sign(key.publicKey), key.sign(key.publicKey));
    });
  }

  test('a file that exists is not overwritten', () => {
    const file = join(folder, 'taken');
    writeFileSync(file, 'something else', { mode: 0o600 });
    fails('exists', () => writeOperatorKey(file, 'ed25519', Buffer.from(SECRET_HEX, 'hex')));
    assert.equal(readFileSync(file, 'utf8'), 'something else');
  });

  test('a file that other users may read is refused', () => {
    const file = join(folder, 'open');
    writeOperatorKey(file, 'ed25519', Buffer.from(SECRET_HEX, 'hex'));
    for (const mode of [0o640, 0o604, 0o620, 0o601]) {
      chmodSync(file, mode);
      fails('open-to-others', () => readOperatorKey(file));
    }
    chmodSync(file, 0o400);
    assert.equal(readOperatorKey(file).scheme, 'ed25519');
  });

  test('a file of another kind is refused without showing it', () => {
    const contents = [
      '',
      'ed25519',
      `rsa 0x${SECRET_HEX}`,
      `ed25519 0x${SECRET_HEX}00`,
      `ed25519 0x${SECRET_HEX.slice(2)}`,
      `ed25519 ${SECRET_HEX.replace('a', 'g')}`,
      `ed25519 0x${SECRET_HEX}\nsr25519 0x${SECRET_HEX}`,
      `secp256k1 0x${'ff'.repeat(32)}`,
      `ed25519 0x${SECRET_HEX}\n# ${'a long comment '.repeat(100)}`,
    ];
    contents.forEach((content, index) => {
      const file = join(folder, `bad-${index}`);
      writeFileSync(file, content, { mode: 0o600 });
      fails('malformed', () => readOperatorKey(file));
    });
  });

  test('an encrypted file is read without its passphrase, and opens with it and for its own key only', () => {
    const { key, secret } = newOperatorSecret('ed25519');
    const put = (name: string, of: Uint8Array): string => {
      const file = join(folder, name);
      const account = `0x${Buffer.from(of).toString('hex')}`;
      const text = sealKeyFile({ scheme: 'ed25519', account, secret }, 'a passphrase', CHEAP);
      writeFileSync(file, text, { mode: 0o600 });
      return file;
    };
    const read = readOperatorFile(put('sealed', key.publicKey));
    assert.deepEqual([read.key, read.identity], [null, { scheme: 'ed25519', publicKey: key.publicKey }]);
    assert.deepEqual(read.open('a passphrase').sign(secret), key.sign(secret));
    fails('wrong-passphrase', () => read.open('another phrase'));
    fails('encrypted', () => readOperatorKey(join(folder, 'sealed')));
    const other = readOperatorFile(put('other', newOperatorSecret('ed25519').key.publicKey));
    fails('malformed', () => other.open('a passphrase'));
  });

  test('comments and a bare hex number are read', () => {
    const file = join(folder, 'commented');
    writeFileSync(file, `# operator of the first seat\n\n  sr25519   ${SECRET_HEX.toUpperCase()}  \n`, {
      mode: 0o600,
    });
    assert.equal(readOperatorKey(file).scheme, 'sr25519');
  });

  test('a missing file, a folder, and a place that is not writable', () => {
    fails('unreadable', () => readOperatorKey(join(folder, 'missing')));
    fails('malformed', () => readOperatorKey(folder));
    fails('malformed', () => readOperatorKey('/dev/null'));
    fails('unwritable', () =>
      writeOperatorKey(join(folder, 'missing', 'key'), 'ed25519', Buffer.from(SECRET_HEX, 'hex')),
    );
    assert.throws(() => writeOperatorKey(join(folder, 'short'), 'ed25519', new Uint8Array(5)), RangeError);
  });
});
