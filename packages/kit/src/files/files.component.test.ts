import assert from 'node:assert/strict';
import { appendFileSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../testing/index.ts';
import {
  appendFileDurablySync,
  createFileSync,
  makeFoldersSync,
  openLineJournal,
  replaceFile,
  replaceFileSync,
  wholeLines,
} from './index.ts';

test('on a real file system: the new content, the mode, no draft', async (t) => {
  const path = join(temporaryFolder(t), 'record.json');
  replaceFileSync({ path, text: 'one', mode: 0o600 });
  assert.equal(statSync(path).mode & 0o777, 0o600);
  await replaceFile({ path, text: Buffer.alloc(3_000_000, 'x'), mode: 0o600 });
  assert.equal(statSync(path).size, 3_000_000);
  appendFileDurablySync({ path, text: 'end', mode: 0o600 });
  assert.equal(readFileSync(path, 'utf8').slice(-4), 'xend');
  assert.throws(() => createFileSync({ path, text: 'other', mode: 0o600 }), { code: 'EEXIST' });
  assert.deepEqual(readdirSync(join(path, '..')), ['record.json']);
});

test('many writers at once: the file is one of the contents, whole', async (t) => {
  const path = join(temporaryFolder(t), 'record');
  const contents = Array.from({ length: 8 }, (_, index) => String(index).repeat(50_000));
  await Promise.all(contents.map((content) => replaceFile({ path, text: content, mode: 0o600 })));
  assert.ok(contents.includes(readFileSync(path, 'utf8')));
  assert.deepEqual(readdirSync(join(path, '..')), ['record']);
});

test('folders are made from the outside in, and those that exist stay', (t) => {
  const top = temporaryFolder(t);
  const made = makeFoldersSync(join(top, 'a', 'b'), 0o700);
  assert.deepEqual(made, [join(top, 'a'), join(top, 'a', 'b')]);
  assert.equal(statSync(join(top, 'a')).mode & 0o777, 0o700);
  assert.deepEqual(makeFoldersSync(join(top, 'a', 'b'), 0o700), []);
  writeFileSync(join(top, 'file'), '');
  assert.throws(() => makeFoldersSync(join(top, 'file', 'c'), 0o700), { code: 'ENOTDIR' });
});

test('a journal goes on behind its last whole line', (t) => {
  const path = join(temporaryFolder(t), 'journal');
  const first = openLineJournal(path, { keep: 0, mode: 0o600 });
  first.write('one');
  first.write('two');
  first.close();
  first.close();
  assert.throws(() => first.write('three'), /accepts no more lines: it is closed/);
  appendFileSync(path, 'cut sh');
  const read = wholeLines(readFileSync(path, 'utf8'));
  assert.deepEqual(read, { lines: ['one', 'two'], bytes: 8 });
  const second = openLineJournal(path, { keep: read.bytes, mode: 0o600 });
  second.write('three');
  second.close();
  assert.equal(readFileSync(path, 'utf8'), 'one\ntwo\nthree\n');
  assert.deepEqual(wholeLines(''), { lines: [], bytes: 0 });
});
