import assert from 'node:assert/strict';
import {
  chmodSync,
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
import { newIdentity, readIdentity } from './age.ts';
import { keyNameOf } from './key-name.ts';
import { openFolder } from './open-folder.ts';
import { openSealed, readKeystore, sealKeystore } from './sealed-folder.ts';

const made: string[] = [];
after(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});

function fresh(parent = tmpdir()): string {
  const folder = mkdtempSync(join(parent, 'watchbill-guard-'));
  made.push(folder);
  return folder;
}

/** A keystore file as a node writes it. */
function keyFile(
  kind: string,
  scheme: SessionScheme,
  uri: string,
): { readonly file: string; readonly text: string } {
  const key = publicKeyOfUri(scheme, uri)?.slice(2) ?? assert.fail(uri);
  return { file: `${Buffer.from(kind, 'latin1').toString('hex')}${key}`, text: JSON.stringify(uri) };
}

const URI = 'legal winner thank year wave sausage worth useful legal winner thank yellow//7';
const KEYS = [
  keyFile('babe', 'sr25519', URI),
  keyFile('gran', 'ed25519', URI),
  keyFile('beef', 'ecdsa', URI),
];

let keystore = '';
let sealed = '';
beforeEach(() => {
  keystore = fresh();
  sealed = join(fresh(), 'sealed');
  for (const { file, text } of KEYS) writeFileSync(join(keystore, file), text, { mode: 0o600 });
});

describe('sealed session keys', () => {
  it('come back as the very files of the keystore', async () => {
    const { identity, recipient } = await newIdentity();
    const names = await sealKeystore(keystore, sealed, recipient);
    assert.deepEqual(names.map(({ kind }) => kind).toSorted(), ['babe', 'beef', 'gran']);
    for (const file of readdirSync(sealed)) {
      assert.equal(statSync(join(sealed, file)).mode & 0o777, 0o600);
      assert.equal(readFileSync(join(sealed, file)).includes('legal'), false);
    }
    const opened = await openSealed(sealed, identity);
    const pairs = opened.map(({ name, content }) => ({ file: name.file, text: content }));
    assert.deepEqual(
      pairs,
      KEYS.toSorted((a, b) => (a.file < b.file ? -1 : 1)),
    );
  });

  it('stay shut for another identity, and after one changed byte', async () => {
    const { identity, recipient } = await newIdentity();
    await sealKeystore(keystore, sealed, recipient);
    const other = await newIdentity();
    await assert.rejects(
      openSealed(sealed, other.identity),
      /cannot be opened: it is damaged, or sealed for another identity/,
    );
    const [first = ''] = readdirSync(sealed);
    const bytes = readFileSync(join(sealed, first));
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
    writeFileSync(join(sealed, first), bytes);
    await assert.rejects(openSealed(sealed, identity), /cannot be opened/);
  });

  it('are never replaced, and none is written if one cannot be', async () => {
    const { recipient } = await newIdentity();
    await sealKeystore(keystore, sealed, recipient);
    await assert.rejects(sealKeystore(keystore, sealed, recipient), /exists already/);
    const second = join(fresh(), 'sealed');
    const [babe] = KEYS;
    writeFileSync(join(keystore, babe?.file ?? assert.fail()), JSON.stringify('//Alice'));
    await assert.rejects(
      sealKeystore(keystore, second, recipient),
      /belongs to another public key than its name/,
    );
    assert.throws(() => readdirSync(second), /ENOENT/);
  });

  it('refuse a sealed file whose name is another key', async () => {
    const { identity, recipient } = await newIdentity();
    await sealKeystore(keystore, sealed, recipient);
    const gran = readdirSync(sealed).find((file) => file.startsWith('6772616e')) ?? assert.fail();
    const strange = keyFile('gran', 'ed25519', '//Alice').file;
    writeFileSync(join(sealed, `${strange}.age`), readFileSync(join(sealed, gran)));
    await assert.rejects(openSealed(sealed, identity), /belongs to another public key/);
  });

  for (const [what, file, text, message] of [
    ['a foreign file', 'notes.txt', 'x', /not a session key that the guard knows/],
    [
      'a kind without a rule',
      `${Buffer.from('acco').toString('hex')}${'ab'.repeat(32)}`,
      '"//Alice"',
      /not a session key/,
    ],
    ['a half-written file', KEYS[0]?.file ?? '', '"legal win', /its content is not a JSON string/],
    ['a file without a secret', KEYS[0]?.file ?? '', '"hello"', /its content is not the secret of a key/],
  ] as const) {
    it(`refuse to seal ${what}, and show no secret`, async () => {
      writeFileSync(join(keystore, file), text);
      await assert.rejects(readKeystore(keystore), (error: Error) => {
        assert.match(error.message, message);
        assert.equal(error.message.includes('legal'), false);
        return true;
      });
    });
  }

  it('need a keystore and a sealed folder that hold keys', async () => {
    await assert.rejects(readKeystore(fresh()), /is empty/);
    await assert.rejects(readKeystore(join(keystore, 'missing')), /cannot be read/);
    const { identity } = await newIdentity();
    await assert.rejects(openSealed(fresh(), identity), /holds no sealed key/);
  });

  it('refuse a recipient or an identity that is none, and show no secret', async () => {
    await assert.rejects(
      sealKeystore(keystore, sealed, 'age1nothing'),
      /age1nothing is not an age recipient/,
    );
    const { identity } = await newIdentity();
    assert.equal(await readIdentity(Buffer.from(`# made today\n${identity}\n`), 'id.txt'), identity);
    await assert.rejects(
      readIdentity(Buffer.from(`${identity}\n${identity}`), 'id.txt'),
      /id.txt holds 2 identities/,
    );
    await assert.rejects(readIdentity(Buffer.from(identity.slice(0, -1)), 'id.txt'), (error: Error) => {
      assert.equal(error.message, 'id.txt does not contain an age identity');
      return true;
    });
  });
});

const MEMORY = '/dev/shm';

describe('the folder of placed keys', () => {
  const names = KEYS.map(({ file }) => keyNameOf(file) ?? assert.fail());
  const key = (index: number) => ({ name: names[index] ?? assert.fail(), content: KEYS[index]?.text ?? '' });

  it('holds a key as a whole, private, and not after it was taken away', async () => {
    const path = fresh(MEMORY);
    const folder = await openFolder(path);
    await folder.place(key(0));
    await folder.place(key(1));
    assert.equal(keyNameOf(`${names[0]?.file}ab12`), null, 'no key is so long');
    assert.deepEqual(await folder.inspect(), []);
    assert.equal(statSync(join(path, key(0).name.file)).mode & 0o777, 0o600);
    assert.deepEqual((await readKeystore(path)).map(field('content')), [KEYS[0]?.text, KEYS[1]?.text]);
    await folder.withdraw(key(0).name);
    await folder.withdraw(key(0).name);
    assert.deepEqual(readdirSync(path), [key(1).name.file]);
  });

  it('leaves no draft if a key cannot be placed', async () => {
    const path = fresh(MEMORY);
    const folder = await openFolder(path);
    mkdirSync(join(path, key(0).name.file));
    await assert.rejects(folder.place(key(0)));
    assert.deepEqual(readdirSync(path), [key(0).name.file]);
  });

  it('names a file that it did not place, and clears it on demand', async () => {
    const path = fresh(MEMORY);
    const folder = await openFolder(path);
    writeFileSync(join(path, key(1).name.file), KEYS[1]?.text ?? '');
    assert.deepEqual(await folder.inspect(), [key(1).name.file]);
    await folder.clear();
    assert.deepEqual(await folder.inspect(), []);
  });

  it('has to be private, in memory, and no link', async () => {
    const open = fresh(MEMORY);
    chmodSync(open, 0o750);
    await assert.rejects(openFolder(open), /can be read by others/);
    const link = join(fresh(), 'link');
    symlinkSync(fresh(MEMORY), link);
    await assert.rejects(openFolder(link), /is not a folder/);
    await assert.rejects(openFolder(join(open, 'missing')), /does not exist/);
    await assert.rejects(openFolder('/usr'), /is on a disk/);
  });
});
