import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { Fault } from '../index.ts';
import { temporaryFolder } from '../testing/index.ts';
import { renderFault } from './fault-text.ts';
import { replaceFile, writeNew } from './write-files.ts';

const ROOT = temporaryFolder();
const place = (name: string): string => {
  const folder = join(ROOT, name);
  mkdirSync(folder);
  return folder;
};

function faultOf(work: () => void): Fault {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof Fault, String(error));
    return error;
  }
  return assert.fail('it was written');
}

describe('new files', () => {
  test('are there as a whole, with their folders and modes, and without temporary files', () => {
    const folder = place('new');
    writeNew([
      { path: join(folder, 'a', 'one'), text: 'one', mode: 0o600 },
      { path: join(folder, 'two'), text: new Uint8Array([116, 119, 111]), mode: 0o644 },
    ]);
    assert.equal(readFileSync(join(folder, 'a', 'one'), 'utf8'), 'one');
    assert.equal(readFileSync(join(folder, 'two'), 'utf8'), 'two');
    assert.equal(statSync(join(folder, 'a', 'one')).mode & 0o777, 0o600);
    assert.equal(statSync(join(folder, 'a')).mode & 0o777, 0o700);
    assert.deepEqual([readdirSync(folder), readdirSync(join(folder, 'a'))], [['a', 'two'], ['one']]);
  });

  test('one that is in the way: it stays, none of the others is made, nor a folder for them', () => {
    const folder = place('in-the-way');
    writeFileSync(join(folder, 'last'), 'mine');
    const fault = faultOf(() =>
      writeNew(
        ['deep/er/first', 'second', 'last'].map((name) => ({
          path: join(folder, name),
          text: 'x',
          mode: 0o644,
        })),
        [join(folder, 'data')],
      ),
    );
    assert.equal(fault.kind, 'usage');
    assert.match(fault.message, /last: it exists already/);
    assert.deepEqual(readdirSync(folder), ['last']);
    assert.equal(readFileSync(join(folder, 'last'), 'utf8'), 'mine');
  });

  test('in a folder that is a file, or where a folder is: said so', () => {
    const folder = place('odd');
    writeFileSync(join(folder, 'file'), '');
    mkdirSync(join(folder, 'folder'));
    const put = (name: string) =>
      faultOf(() => writeNew([{ path: join(folder, name), text: '', mode: 0o644 }]));
    assert.match(put('file/x').message, /is a file, not a folder|exists already/);
    assert.match(put('folder').message, /exists already/);
    assert.match(put('n'.repeat(300)).message, /too long/);
    assert.deepEqual(readdirSync(folder).sort(), ['file', 'folder']);
  });
});

describe('a file that is replaced', () => {
  test('keeps its mode, also behind a link, and a new one has that of new files', () => {
    const folder = place('replaced');
    const file = join(folder, 'file');
    writeFileSync(file, 'old');
    chmodSync(file, 0o640);
    symlinkSync('file', join(folder, 'link'));
    replaceFile(join(folder, 'link'), 'new');
    assert.equal(readFileSync(file, 'utf8'), 'new');
    assert.equal(statSync(file).mode & 0o777, 0o640);
    replaceFile(join(folder, 'other'), 'new', 0o600);
    assert.equal(statSync(join(folder, 'other')).mode & 0o777, 0o600);
    assert.deepEqual(readdirSync(folder).sort(), ['file', 'link', 'other']);
  });

  test('a pipe is written to, and stays one; a folder is refused', () => {
    const pipe = join(place('odd-ones'), 'pipe');
    execFileSync('mkfifo', [pipe]);
    // Open at both ends, so that a writer need not wait.
    const handle = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK);
    try {
      replaceFile(pipe, 'x');
      assert.ok(statSync(pipe).isFIFO());
      assert.equal(readSync(handle, Buffer.alloc(1)), 1);
    } finally {
      closeSync(handle);
    }
    assert.match(faultOf(() => replaceFile(place('folder'), 'x')).message, /: it is a folder, not a file/);
    assert.match(
      faultOf(() => replaceFile(join(ROOT, 'none', 'x'), 'x')).message,
      /: the file or its folder does not exist/,
    );
  });
});

describe('a file system that is full, or can only be read', () => {
  const small = place('small');
  // Mounts need rights that not every machine gives.
  const mounted = ((): boolean => {
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', small], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  })();
  const skip = mounted ? false : 'this user may not mount';
  after(() => {
    if (mounted) execFileSync('umount', ['--lazy', small]);
  });
  const large = 'x'.repeat(200_000);

  test('new files: none is left, and it says where there is no room', { skip }, () => {
    const fault = faultOf(() =>
      writeNew([
        { path: join(small, 'deep', 'one'), text: 'small', mode: 0o644 },
        { path: join(small, 'deep', 'two'), text: large, mode: 0o644 },
      ]),
    );
    assert.equal(fault.kind, 'fault');
    assert.match(fault.message, /two: the disk is full/);
    assert.match(renderFault(fault), /make room/);
    assert.deepEqual(readdirSync(small), []);
  });

  test('a file that is replaced is as it was', { skip }, () => {
    const file = join(small, 'kept');
    replaceFile(file, 'kept');
    assert.match(faultOf(() => replaceFile(file, large)).message, /the disk is full/);
    assert.equal(readFileSync(file, 'utf8'), 'kept');
    assert.deepEqual(readdirSync(small), ['kept']);
    execFileSync('mount', ['-o', 'remount,ro', small]);
    assert.match(faultOf(() => replaceFile(file, 'x')).message, /the file system is read-only/);
    assert.match(
      faultOf(() => writeNew([{ path: join(small, 'x'), text: '', mode: 0o644 }])).message,
      /the file system is read-only/,
    );
    execFileSync('mount', ['-o', 'remount,rw', small]);
    assert.ok(existsSync(file));
  });
});

test('a folder that takes no folder is refused at once', { skip: !existsSync('/proc/self') }, () => {
  const [path] = ['/proc/watchbill/none/file'];
  assert.throws(() => writeNew([{ path, text: 'a', mode: 0o600 }]), Fault);
});
