// Sealed keys and identities, exchanged with the `age` tool in both directions.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { publicKeyOfUri } from '@watchbill/chain/keys';
import { newIdentity, openSealed, readIdentity, sealKeystore } from '@watchbill/guard';

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-age-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const run = (program: string, ...args: readonly string[]): Buffer =>
  execFileSync(program, args, { timeout: 60_000, stdio: ['ignore', 'pipe', 'pipe'] });

const pathsIn = (at: string) => ({ keystore: `${at}/keystore`, sealed: `${at}/sealed`, key: `${at}/key` });

/** A keystore with one `gran` key; gives the name of its file. */
function keystoreIn(folder: string): string {
  const file = `6772616e${publicKeyOfUri('ed25519', '//Alice')?.slice(2)}`;
  mkdirSync(folder);
  writeFileSync(join(folder, file), '"//Alice"', { mode: 0o600 });
  return file;
}

test('the tool opens what the guard sealed, with an identity of the guard', async (t) => {
  const { keystore, sealed, key } = pathsIn(folderOf(t));
  const file = keystoreIn(keystore);
  const { identity, recipient } = await newIdentity();
  await sealKeystore(keystore, sealed, recipient);
  writeFileSync(key, `# public key: ${recipient}\n${identity}\n`, { mode: 0o600 });
  assert.deepEqual(readdirSync(sealed), [`${file}.age`]);
  const opened = run('age', '--decrypt', '--identity', key, join(sealed, `${file}.age`));
  assert.deepEqual(opened, readFileSync(join(keystore, file)));
  assert.equal(String(run('age-keygen', '-y', key)).trim(), recipient);
});

test('the guard opens what the tool sealed, with an identity of the tool', async (t) => {
  const { keystore, sealed, key } = pathsIn(folderOf(t));
  const file = keystoreIn(keystore);
  run('age-keygen', '--output', key);
  const recipient = String(run('age-keygen', '-y', key)).trim();
  mkdirSync(sealed);
  run('age', '--recipient', recipient, '--output', join(sealed, `${file}.age`), join(keystore, file));
  const identity = await readIdentity(readFileSync(key), key);
  const opened = await openSealed(sealed, identity);
  assert.deepEqual(
    opened.map(({ name, content }) => [name.file, content]),
    [[file, '"//Alice"']],
  );
});

for (const armour of [false, true]) {
  test(`the guard opens an identity that the tool encrypted with a passphrase, ${armour ? 'armoured' : 'binary'}`, async (t) => {
    const folder = folderOf(t);
    const [key, locked] = [join(folder, 'identity'), join(folder, 'identity.age')];
    run('age-keygen', '--output', key);
    // The tool reads a passphrase from a terminal alone; script (bsdutils) gives it one.
    const command = `age --passphrase ${armour ? '--armor ' : ''}--output ${locked} ${key}`;
    execFileSync('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
      input: 'correct horse\ncorrect horse\n',
      timeout: 60_000,
    });
    const plain = await readIdentity(readFileSync(key), key);
    assert.equal(await readIdentity(readFileSync(locked), locked, 'correct horse'), plain);
    await assert.rejects(
      readIdentity(readFileSync(locked), locked, 'wrong horse'),
      /the passphrase is wrong/,
    );
  });
}
