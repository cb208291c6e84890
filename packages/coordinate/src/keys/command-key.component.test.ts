// The program of a key, as a real process: the example of the repository, and programs that misbehave.

import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '@watchbill/kit/testing';
import { commandKey } from './command-key.ts';
import { newOperatorKey } from './operator-key.ts';
import { verifySignature } from './verify.ts';

const EXAMPLE = fileURLToPath(new URL('../../../../examples/coordinate/signer.mjs', import.meta.url));
const folder = temporaryFolder();

const MESSAGE = Uint8Array.of(1, 2, 3);

test('the example signs for its own key, and for no other', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const file = join(folder, 'operator.pem');
  writeFileSync(file, privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600 });
  const raw = Uint8Array.from(publicKey.export({ format: 'der', type: 'spki' }).subarray(-32));
  const command = [process.execPath, EXAMPLE, file] as const;
  const key = commandKey({ scheme: 'ed25519', publicKey: raw, command, timeoutMs: 10_000 });
  assert.ok(verifySignature(key, MESSAGE, key.sign(MESSAGE)));
  const other = commandKey({ ...newOperatorKey('ed25519'), command, timeoutMs: 10_000 });
  assert.throws(() => other.sign(MESSAGE), /the signing program ended with 1/);
});

test('a program that hangs, prints too much or does not exist ends within its deadline', () => {
  const { scheme, publicKey } = newOperatorKey('ed25519');
  const cases = [
    [['sleep', '60'], /gave no answer within 300 ms/],
    [
      [process.execPath, '-e', 'process.stdout.write("x".repeat(99999))'],
      /printed more than 16384 bytes|no answer/,
    ],
    [[join(folder, 'none')], /could not be run: ENOENT/],
  ] as const;
  for (const [command, why] of cases) {
    const key = commandKey({ scheme, publicKey, command, timeoutMs: 300 });
    assert.throws(() => key.sign(MESSAGE), why);
  }
});
