import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { publicKeyOfUri } from '@watchbill/chain/keys';
import { field } from '@watchbill/kit/testing';
import { newIdentity } from './age.ts';
import { moveToSealed, writeUnsealed } from './move-keys.ts';
import { sealKeystore } from './sealed-folder.ts';

const NAMES = [
  `62616265${publicKeyOfUri('sr25519', '//Alice')?.slice(2)}`,
  `6772616e${publicKeyOfUri('ed25519', '//Alice')?.slice(2)}`,
];

let folder = '';
let keystore = '';
let sealed = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'watchbill-move-'));
  [keystore, sealed] = [join(folder, 'keystore'), join(folder, 'sealed')];
  mkdirSync(keystore);
  for (const name of NAMES) writeFileSync(join(keystore, name), '"//Alice"', { mode: 0o600 });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('keys that move into a sealed folder', () => {
  it('leave the keystore, and come back as the very files', async () => {
    const { identity } = await newIdentity();
    const moved = await moveToSealed(keystore, sealed, identity);
    assert.deepEqual(moved.map(field('kind')), ['babe', 'gran']);
    assert.deepEqual(readdirSync(keystore), []);
    rmSync(keystore, { recursive: true });
    for (const _ of ['first', 'again']) {
      await writeUnsealed(sealed, keystore, identity);
      assert.deepEqual(readdirSync(keystore), NAMES);
    }
    for (const name of NAMES) {
      assert.equal(readFileSync(join(keystore, name), 'utf8'), '"//Alice"');
      assert.equal(statSync(join(keystore, name)).mode & 0o777, 0o600);
    }
    assert.equal(readdirSync(sealed).length, NAMES.length);
  });

  it('go on after a call that was interrupted, at any step', async () => {
    const { identity, recipient } = await newIdentity();
    await sealKeystore(keystore, sealed, recipient);
    rmSync(join(sealed, `${NAMES[0]}.age`));
    await moveToSealed(keystore, sealed, identity);
    assert.deepEqual([readdirSync(keystore).length, readdirSync(sealed).length], [0, 2]);
    writeFileSync(join(keystore, NAMES[1] ?? ''), '"//Alice"');
    await moveToSealed(keystore, sealed, identity);
    assert.deepEqual(readdirSync(keystore), []);
  });

  it('stay in the keystore if the identity does not open what is sealed', async () => {
    const { recipient } = await newIdentity();
    await sealKeystore(keystore, sealed, recipient);
    const other = await newIdentity();
    await assert.rejects(moveToSealed(keystore, sealed, other.identity), /sealed for another identity/);
    assert.deepEqual(readdirSync(keystore), NAMES);
  });
});

describe('keys that are written unsealed', () => {
  it('never replace a file that holds something else', async () => {
    const { identity } = await newIdentity();
    await moveToSealed(keystore, sealed, identity);
    const [first = '', second = ''] = NAMES;
    writeFileSync(join(keystore, second), '"//Bob"');
    await assert.rejects(writeUnsealed(sealed, keystore, identity), /belongs to another public key/);
    assert.equal(existsSync(join(keystore, first)), false, 'no other file was written');
    assert.equal(readFileSync(join(keystore, second), 'utf8'), '"//Bob"');
  });
});
