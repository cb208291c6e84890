// Key custody on real files: each fault names the file and the remedy, and no key is placed by half.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, describe, it } from 'node:test';
import { publicKeyOfUri, type SessionScheme } from '@watchbill/chain/keys';
import { field } from '@watchbill/kit/testing';
import { Encrypter } from 'age-encryption';
import { lockFolders } from '../run/lock.ts';
import { newIdentity, readIdentity } from './age.ts';
import { keyNameOf } from './key-name.ts';
import { moveToSealed, writeUnsealed } from './move-keys.ts';
import { openFolder } from './open-folder.ts';
import { addSealed, type OpenKey, openSealed, readKeystore, sealKeystore } from './sealed-folder.ts';

const MEMORY = '/dev/shm';
const isRoot = process.getuid?.() === 0;
const forRoot = isRoot ? {} : { skip: 'needs root' };

const made: string[] = [];
after(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});

function fresh(parent = tmpdir()): string {
  const folder = mkdtempSync(join(parent, 'watchbill-guard-'));
  made.push(folder);
  return folder;
}

/** A session key, as a node keeps it. */
function keyOf(kind: string, scheme: SessionScheme, uri: string): OpenKey {
  const key = publicKeyOfUri(scheme, uri)?.slice(2) ?? assert.fail(uri);
  const name = keyNameOf(`${Buffer.from(kind).toString('hex')}${key}`) ?? assert.fail(kind);
  return { name, content: JSON.stringify(uri) };
}

const URI = 'legal winner thank year wave sausage worth useful legal winner thank yellow//7';
const BABE = keyOf('babe', 'sr25519', URI);
const GRAN = keyOf('gran', 'ed25519', URI);
/** In the order of their files. */
const KEYS = [BABE, keyOf('beef', 'ecdsa', URI), GRAN];
const FILES = KEYS.map(({ name }) => name.file);
const BOB = keyOf('gran', 'ed25519', '//Bob');

let [keystore, sealed, identity, recipient] = ['', '', '', ''];
beforeEach(async () => {
  [keystore, sealed] = [fresh(), join(fresh(), 'sealed')];
  ({ identity, recipient } = await newIdentity());
  for (const { name, content } of KEYS) writeFileSync(join(keystore, name.file), content, { mode: 0o600 });
});

const pathOf = ({ name }: OpenKey, folder = keystore): string => join(folder, name.file);
const sealedPath = (key: OpenKey): string => `${pathOf(key, sealed)}.age`;
const seal = () => sealKeystore(keystore, sealed, recipient);

describe('a keystore', () => {
  const put = (file: string, text: string) => (): void => writeFileSync(join(keystore, file), text);
  const instead = (make: (path: string) => void) => (): void => {
    rmSync(pathOf(GRAN));
    make(pathOf(GRAN));
  };
  const ofKind = (kind: string): string => `${Buffer.from(kind).toString('hex')}${'ab'.repeat(32)}`;
  const irregular = /6772616e.* cannot be read: it is not a regular file/;
  for (const [what, harm, message] of [
    ['a foreign file', put('notes.txt', 'x'), /not a session key that the guard knows/],
    ['a kind without a rule', put(ofKind('acco'), '"//Alice"'), /not a session key/],
    ['a kind that it does not place', put(ofKind('nimb'), '"//Alice"'), /not a session key/],
    ['a half-written file', put(BABE.name.file, '"legal win'), /its content is not a JSON string/],
    ['a file without a secret', put(BABE.name.file, '"hello"'), /its content is not the secret of a key/],
    ['a folder', instead(mkdirSync), irregular],
    ['a link', instead((path) => symlinkSync('/dev/null', path)), irregular],
    ['a link in a circle', instead((path) => symlinkSync(path, path)), irregular],
  ] as const)
    it(`is refused with ${what}, and shows no secret`, async () => {
      harm();
      await assert.rejects(readKeystore(keystore), (error: Error) => {
        assert.match(error.message, message);
        assert.equal(error.message.includes('legal'), false);
        return true;
      });
    });

  it('is refused if a key belongs to another user', forRoot, async () => {
    chownSync(pathOf(GRAN), 12_345, 0);
    await assert.rejects(readKeystore(keystore), /belongs to user 12345, and the keystore to user 0/);
    for (const path of [keystore, ...KEYS.map((key) => pathOf(key))]) chownSync(path, 12_345, 0);
    assert.equal(
      (await readKeystore(keystore)).length,
      3,
      'root may seal the keystore of the user of a node',
    );
  });

  it('is refused if this user may not read a key', forRoot, async () => {
    chmodSync(pathOf(GRAN), 0);
    for (const path of [keystore, ...KEYS.map((key) => pathOf(key))]) chownSync(path, 65_534, 0);
    process.seteuid?.(65_534);
    try {
      await assert.rejects(readKeystore(keystore), /6772616e.* cannot be read: .*permi/i);
    } finally {
      process.seteuid?.(0);
    }
  });

  it('has to exist and to hold keys, and so has a sealed folder', async () => {
    await assert.rejects(readKeystore(fresh()), /is empty/);
    await assert.rejects(readKeystore(join(keystore, 'missing')), /cannot be read/);
    await assert.rejects(openSealed(fresh(), identity), /holds no sealed key/);
  });
});

describe('sealed session keys', () => {
  it('come back as the very files of the keystore', async () => {
    assert.deepEqual((await seal()).map(field('kind')), ['babe', 'beef', 'gran']);
    for (const file of readdirSync(sealed)) {
      assert.equal(statSync(join(sealed, file)).mode & 0o777, 0o600);
      assert.equal(readFileSync(join(sealed, file)).includes('legal'), false);
    }
    assert.deepEqual(await openSealed(sealed, identity), KEYS);
  });

  it('stay shut for another identity, and if the file is changed, cut, empty or no age file', async () => {
    await seal();
    const other = await newIdentity();
    const shut = /\.age cannot be opened: it is damaged, or sealed for another identity/;
    await assert.rejects(openSealed(sealed, other.identity), shut);
    const whole = readFileSync(sealedPath(GRAN));
    const changed = Buffer.from(whole);
    changed.writeUInt8(changed.readUInt8(changed.length - 1) ^ 1, changed.length - 1);
    const cut = [whole.subarray(0, -1), whole.subarray(0, 30), Buffer.of()];
    for (const bytes of [changed, ...cut, Buffer.from('"//Alice"')]) {
      writeFileSync(sealedPath(GRAN), bytes);
      await assert.rejects(openSealed(sealed, identity), /6772616e.*\.age cannot be opened: it is damaged/);
    }
  });

  it('are never replaced, and none is written if one cannot be', async () => {
    await seal();
    await assert.rejects(seal(), /exists already/);
    const second = join(fresh(), 'sealed');
    writeFileSync(pathOf(BABE), '"//Alice"');
    await assert.rejects(
      sealKeystore(keystore, second, recipient),
      /belongs to another public key than its name/,
    );
    assert.equal(existsSync(second), false);
  });

  it('take a new key once, and leave a sealed one as it is', async () => {
    await seal();
    const before = readFileSync(sealedPath(GRAN));
    await addSealed(sealed, BOB, recipient);
    await addSealed(sealed, GRAN, recipient);
    assert.deepEqual(readFileSync(sealedPath(GRAN)), before);
    const opened = await openSealed(sealed, identity);
    assert.deepEqual(
      opened.map(field('content')).toSorted(),
      [BOB, ...KEYS].map(field('content')).toSorted(),
    );
  });

  it('are refused if a name is that of another key', async () => {
    await seal();
    writeFileSync(sealedPath(BOB), readFileSync(sealedPath(GRAN)));
    await assert.rejects(openSealed(sealed, identity), /belongs to another public key/);
  });

  it('refuse a recipient or an identity that is none, and show no secret', async () => {
    const none = /age1nothing is not an age recipient/;
    await assert.rejects(sealKeystore(keystore, sealed, 'age1nothing'), none);
    const read = (text: string) => readIdentity(Buffer.from(text), 'id.txt');
    assert.equal(await read(`# made today\n${identity}\n`), identity);
    await assert.rejects(read(`${identity}\n${identity}`), /id.txt holds 2 identities/);
    await assert.rejects(read(identity.slice(0, -1)), { message: 'id.txt does not contain an age identity' });
  });

  it('need the passphrase of their identity, if it has one', async () => {
    const encrypter = new Encrypter();
    encrypter.setScryptWorkFactor(8);
    encrypter.setPassphrase('correct horse');
    const file = await encrypter.encrypt(`# made today\n${identity}\n`);
    assert.equal(await readIdentity(file, 'id.age', 'correct horse'), identity);
    const missing = { message: 'id.age is encrypted with a passphrase', kind: 'usage' };
    await assert.rejects(readIdentity(file, 'id.age'), missing);
    await assert.rejects(readIdentity(file, 'id.age', 'wrong horse'), {
      message: 'id.age cannot be opened: the passphrase is wrong, or the file is damaged',
    });
  });
});

describe('keys that move into a sealed folder, or out of it', () => {
  it('leave the keystore, and come back as the very files', async () => {
    const moved = await moveToSealed(keystore, sealed, identity);
    assert.deepEqual(moved.map(field('kind')), ['babe', 'beef', 'gran']);
    assert.deepEqual(readdirSync(keystore), []);
    rmSync(keystore, { recursive: true });
    for (const _ of ['first', 'again']) {
      await writeUnsealed(sealed, keystore, identity);
      assert.deepEqual(readdirSync(keystore), FILES);
    }
    for (const key of KEYS) {
      assert.equal(readFileSync(pathOf(key), 'utf8'), key.content);
      assert.equal(statSync(pathOf(key)).mode & 0o777, 0o600);
    }
    assert.equal(readdirSync(sealed).length, KEYS.length);
  });

  it('go on after a call that was interrupted, at any step', async () => {
    await seal();
    rmSync(sealedPath(BABE));
    await moveToSealed(keystore, sealed, identity);
    assert.deepEqual([readdirSync(keystore).length, readdirSync(sealed).length], [0, 3]);
    writeFileSync(pathOf(GRAN), GRAN.content);
    await moveToSealed(keystore, sealed, identity);
    assert.deepEqual(readdirSync(keystore), []);
  });

  it('stay in the keystore if the identity does not open what is sealed', async () => {
    await seal();
    const other = await newIdentity();
    await assert.rejects(moveToSealed(keystore, sealed, other.identity), /sealed for another identity/);
    assert.deepEqual(readdirSync(keystore), FILES);
  });

  it('are written for the user of the keystore alone', forRoot, async () => {
    await moveToSealed(keystore, sealed, identity);
    chownSync(keystore, 12_345, 0);
    await assert.rejects(writeUnsealed(sealed, keystore, identity), /to user 12345, and this command runs/);
    assert.deepEqual(readdirSync(keystore), []);
  });

  it('never replace a file that holds something else', async () => {
    await moveToSealed(keystore, sealed, identity);
    writeFileSync(pathOf(GRAN), '"//Bob"');
    await assert.rejects(writeUnsealed(sealed, keystore, identity), /belongs to another public key/);
    assert.deepEqual(readdirSync(keystore), [GRAN.name.file], 'no other file was written');
    assert.equal(readFileSync(pathOf(GRAN), 'utf8'), '"//Bob"');
  });
});

describe('the folder of placed keys', () => {
  let path = '';
  let folder: Awaited<ReturnType<typeof openFolder>>;
  beforeEach(async () => {
    path = fresh(MEMORY);
    folder = await openFolder(path);
  });

  it('holds a key as a whole, private, and not after it was taken away', async () => {
    await folder.place(BABE);
    await folder.place(GRAN);
    assert.equal(keyNameOf(`${BABE.name.file}ab12`), null, 'no key is so long');
    assert.deepEqual(await folder.inspect(), []);
    assert.equal(statSync(pathOf(BABE, path)).mode & 0o777, 0o600);
    assert.deepEqual(await readKeystore(path), [BABE, GRAN]);
    await folder.withdraw(BABE.name);
    await folder.withdraw(BABE.name);
    assert.deepEqual(readdirSync(path), [GRAN.name.file]);
  });

  it('leaves no draft if a key cannot be placed', async () => {
    mkdirSync(pathOf(BABE, path));
    await assert.rejects(folder.place(BABE));
    assert.deepEqual(readdirSync(path), [BABE.name.file]);
  });

  it('names a file that it did not place, and clears it on demand', async () => {
    writeFileSync(pathOf(GRAN, path), GRAN.content);
    assert.deepEqual(await folder.inspect(), [GRAN.name.file]);
    await folder.clear();
    assert.deepEqual(await folder.inspect(), []);
  });

  it('has to be private, in memory, and no link', async () => {
    chmodSync(path, 0o750);
    await assert.rejects(openFolder(path), /can be read by others/);
    const link = join(fresh(), 'link');
    symlinkSync(fresh(MEMORY), link);
    await assert.rejects(openFolder(link), /is not a folder/);
    await assert.rejects(openFolder(join(path, 'missing')), /does not exist/);
    await assert.rejects(openFolder('/usr'), /is on a disk/);
  });

  it('reports a placed key that was removed, changed, linked or given away', async () => {
    const change: readonly (readonly [(file: string) => void, RegExp])[] = [
      [(file) => rmSync(file), /was removed, and not by this guard/],
      [(file) => writeFileSync(file, '"//Bob"'), /was changed/],
      [(file) => chmodSync(file, 0o644), /was changed/],
      [(file) => linkSync(file, join(fresh(MEMORY), 'copy')), /was changed/],
      ...(isRoot ? [[(file: string) => chownSync(file, 12_345, 0), /was changed/] as const] : []),
    ];
    for (const [apply, message] of change) {
      await folder.place(GRAN);
      assert.deepEqual(await folder.inspect(), []);
      apply(pathOf(GRAN, path));
      await assert.rejects(folder.inspect(), message);
      await folder.withdraw(GRAN.name);
      assert.deepEqual(await folder.inspect(), []);
    }
  });

  it('reads a new key of the node once it is whole, and nothing else', async () => {
    const { file } = BOB.name;
    const put = (text: string): void => writeFileSync(pathOf(BOB, path), text, { mode: 0o600 });
    put('"//B');
    assert.equal(await folder.readNew(file), null);
    put('"//Alice"');
    assert.equal(await folder.readNew(file), null, 'the secret of another key');
    put(BOB.content);
    assert.deepEqual(await folder.readNew(file), BOB);
    await folder.adopt(BOB.name);
    assert.deepEqual(await folder.inspect(), []);
    symlinkSync(pathOf(GRAN), pathOf(GRAN, path));
    assert.equal(await folder.readNew(GRAN.name.file), null, 'a link');
    assert.equal(await folder.readNew('notes.txt'), null);
  });

  it('belongs to the user of the guard', forRoot, async () => {
    chownSync(path, 12_345, 0);
    await assert.rejects(openFolder(path), /belongs to user 12345, and the guard runs as 0/);
  });

  it('takes no half of a key when memory is full', forRoot, async (t) => {
    const small = fresh();
    // Two pages: one for the folder's first key, and one that the test fills.
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8k,mode=0700', 'tmpfs', small]);
    t.after(() => execFileSync('umount', [small]));
    const full = await openFolder(small);
    await full.place(GRAN);
    const other = join(small, '.draft-other');
    writeFileSync(other, 'x'.repeat(4_096));
    await assert.rejects(full.place(BOB), /no space is left for .*: the key was not placed/);
    assert.deepEqual(readdirSync(small).toSorted(), ['.draft-other', GRAN.name.file]);
    assert.deepEqual(await full.inspect(), []);
    rmSync(other);
    await full.place(BOB);
    assert.equal(readFileSync(pathOf(BOB, small), 'utf8'), BOB.content);
  });
});

describe('the lock of a guard', () => {
  it('keeps a second guard away from each of its folders, until it is released', async () => {
    const [a, b, c] = [fresh(), fresh(), fresh()];
    const first = await lockFolders([a, b]);
    const link = join(fresh(), 'link');
    symlinkSync(b, link);
    const locked = { code: 'locked', message: `another guard works with ${link}` };
    await assert.rejects(lockFolders([c, link]), locked);
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
    const args = ['--input-type=module', '--eval', script];
    assert.throws(() => execFileSync(process.execPath, args, { stdio: 'ignore' }), { signal: 'SIGKILL' });
    await (await lockFolders([folder])).release();
  });
});
