// Bad input of key custody: each fault names the file and the remedy, and no key is placed by half.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { publicKeyOfUri } from '@watchbill/chain/keys';
import { Encrypter } from 'age-encryption';
import { lockFolders } from '../run/lock.ts';
import { newIdentity, readIdentity } from './age.ts';
import { keyNameOf } from './key-name.ts';
import { openFolder } from './open-folder.ts';
import { addSealed, type OpenKey, openSealed, readKeystore, sealKeystore } from './sealed-folder.ts';

const made: string[] = [];
after(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});

function fresh(parent = tmpdir()): string {
  const folder = mkdtempSync(join(parent, 'watchbill-guard-'));
  made.push(folder);
  return folder;
}

const MEMORY = '/dev/shm';
const isRoot = process.getuid?.() === 0;
const forRoot = isRoot ? {} : { skip: 'needs root' };

function granKey(uri: string): OpenKey {
  const file = `6772616e${publicKeyOfUri('ed25519', uri)?.slice(2) ?? assert.fail(uri)}`;
  return { name: keyNameOf(file) ?? assert.fail(file), content: JSON.stringify(uri) };
}

const ALICE = granKey('//Alice');
const BOB = granKey('//Bob');

/** A keystore with Alice's key. */
function keystore(): string {
  const folder = fresh();
  writeFileSync(join(folder, ALICE.name.file), ALICE.content, { mode: 0o600 });
  return folder;
}

describe('a keystore', () => {
  const path = (folder: string): string => join(folder, ALICE.name.file);

  it('is refused if a key is a folder, a link or a link in a circle', async () => {
    const change: readonly ((file: string) => void)[] = [
      (file) => mkdirSync(file),
      (file) => symlinkSync('/dev/null', file),
      (file) => symlinkSync(file, file),
    ];
    for (const put of change) {
      const folder = keystore();
      rmSync(path(folder));
      put(path(folder));
      await assert.rejects(readKeystore(folder), /6772616e.* cannot be read: it is not a regular file/);
    }
  });

  it('is refused if a key belongs to another user', forRoot, async () => {
    const folder = keystore();
    chownSync(path(folder), 12_345, 0);
    await assert.rejects(readKeystore(folder), /belongs to user 12345, and the keystore to user 0/);
    chownSync(folder, 12_345, 0);
    assert.equal((await readKeystore(folder)).length, 1, 'root may seal the keystore of the user of a node');
  });

  it('is refused if this user may not read a key', forRoot, async () => {
    const folder = keystore();
    chmodSync(path(folder), 0);
    chownSync(path(folder), 65_534, 0);
    chownSync(folder, 65_534, 0);
    process.seteuid?.(65_534);
    try {
      await assert.rejects(readKeystore(folder), /6772616e.* cannot be read: .*permi/i);
    } finally {
      process.seteuid?.(0);
    }
  });
});

describe('sealed keys', () => {
  it('stay shut if the file is cut, empty or no age file', async () => {
    const { identity, recipient } = await newIdentity();
    const sealed = join(fresh(), 'sealed');
    await sealKeystore(keystore(), sealed, recipient);
    const file = join(sealed, `${ALICE.name.file}.age`);
    const whole = readFileSync(file);
    for (const bytes of [
      whole.subarray(0, -1),
      whole.subarray(0, 30),
      Buffer.of(),
      Buffer.from('"//Alice"'),
    ]) {
      writeFileSync(file, bytes);
      await assert.rejects(openSealed(sealed, identity), /6772616e.*\.age cannot be opened: it is damaged/);
    }
  });

  it('take a new key once, and leave a sealed one as it is', async () => {
    const { identity, recipient } = await newIdentity();
    const sealed = join(fresh(), 'sealed');
    await sealKeystore(keystore(), sealed, recipient);
    const before = readFileSync(join(sealed, `${ALICE.name.file}.age`));
    await addSealed(sealed, BOB, recipient);
    await addSealed(sealed, ALICE, recipient);
    assert.deepEqual(readFileSync(join(sealed, `${ALICE.name.file}.age`)), before);
    const opened = await openSealed(sealed, identity);
    assert.deepEqual(opened.map(({ content }) => content).toSorted(), ['"//Alice"', '"//Bob"']);
  });

  it('need the passphrase of their identity, if it has one', async () => {
    const { identity } = await newIdentity();
    const encrypter = new Encrypter();
    encrypter.setScryptWorkFactor(8);
    encrypter.setPassphrase('correct horse');
    const file = await encrypter.encrypt(`# made today\n${identity}\n`);
    assert.equal(await readIdentity(file, 'id.age', 'correct horse'), identity);
    await assert.rejects(readIdentity(file, 'id.age'), {
      message: 'id.age is encrypted with a passphrase',
      kind: 'usage',
    });
    await assert.rejects(readIdentity(file, 'id.age', 'wrong horse'), (error: Error) => {
      assert.equal(error.message, 'id.age cannot be opened: the passphrase is wrong, or the file is damaged');
      return true;
    });
  });
});

describe('the folder of placed keys', () => {
  it('reports a placed key that was removed, changed, linked or given away', async () => {
    const change: readonly (readonly [(file: string) => void, RegExp])[] = [
      [(file) => rmSync(file), /was removed, and not by this guard/],
      [(file) => writeFileSync(file, '"//Bob"'), /was changed/],
      [(file) => chmodSync(file, 0o644), /was changed/],
      [(file) => linkSync(file, join(fresh(MEMORY), 'copy')), /was changed/],
      ...(isRoot ? [[(file: string) => chownSync(file, 12_345, 0), /was changed/] as const] : []),
    ];
    for (const [apply, message] of change) {
      const path = fresh(MEMORY);
      const folder = await openFolder(path);
      await folder.place(ALICE);
      assert.deepEqual(await folder.inspect(), []);
      apply(join(path, ALICE.name.file));
      await assert.rejects(folder.inspect(), message);
      await folder.withdraw(ALICE.name);
      assert.deepEqual(await folder.inspect(), []);
    }
  });

  it('reads a new key of the node once it is whole, and nothing else', async () => {
    const path = fresh(MEMORY);
    const folder = await openFolder(path);
    const file = BOB.name.file;
    const put = (text: string): void => writeFileSync(join(path, file), text, { mode: 0o600 });
    put('"//B');
    assert.equal(await folder.readNew(file), null);
    put('"//Alice"');
    assert.equal(await folder.readNew(file), null, 'the secret of another key');
    put(BOB.content);
    assert.deepEqual(await folder.readNew(file), BOB);
    await folder.adopt(BOB.name);
    assert.deepEqual(await folder.inspect(), []);
    const elsewhere = join(fresh(), 'alice');
    writeFileSync(elsewhere, ALICE.content);
    symlinkSync(elsewhere, join(path, ALICE.name.file));
    assert.equal(await folder.readNew(ALICE.name.file), null, 'a link');
    assert.equal(await folder.readNew('notes.txt'), null);
  });

  it('belongs to the user of the guard', forRoot, async () => {
    const path = fresh(MEMORY);
    chownSync(path, 12_345, 0);
    await assert.rejects(openFolder(path), /belongs to user 12345, and the guard runs as 0/);
  });

  it('takes no half of a key when memory is full', forRoot, async (t) => {
    const path = fresh();
    // Two pages: one for the folder's first key, and one that the test fills.
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8k,mode=0700', 'tmpfs', path]);
    t.after(() => execFileSync('umount', [path]));
    const folder = await openFolder(path);
    await folder.place(ALICE);
    const other = join(path, '.draft-other');
    writeFileSync(other, 'x'.repeat(4_096));
    await assert.rejects(folder.place(BOB), /no space is left for .*: the key was not placed/);
    assert.deepEqual(readdirSync(path).toSorted(), ['.draft-other', ALICE.name.file]);
    assert.deepEqual(await folder.inspect(), []);
    rmSync(other);
    await folder.place(BOB);
    assert.equal(readFileSync(join(path, BOB.name.file), 'utf8'), BOB.content);
  });
});

describe('the lock of a guard', () => {
  it('keeps a second guard away from each of its folders, until it is released', async () => {
    const [a, b, c] = [fresh(), fresh(), fresh()];
    const first = await lockFolders([a, b]);
    const link = join(fresh(), 'link');
    symlinkSync(b, link);
    await assert.rejects(lockFolders([c, link]), {
      code: 'locked',
      message: `another guard works with ${link}`,
    });
    const other = await lockFolders([c]);
    await other.release();
    await first.release();
    await (await lockFolders([b, a])).release();
  });

  it('goes with a killed process', async () => {
    const folder = fresh();
    const script = `const { lockFolders } = await import(${JSON.stringify(new URL('../run/lock.ts', import.meta.url).href)});
      await lockFolders([${JSON.stringify(folder)}]);
      process.kill(process.pid, 'SIGKILL');`;
    assert.throws(
      () => execFileSync(process.execPath, ['--input-type=module', '--eval', script], { stdio: 'ignore' }),
      {
        signal: 'SIGKILL',
      },
    );
    await (await lockFolders([folder])).release();
  });
});
