import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileWords } from './words.ts';

const folder = mkdtempSync(join(tmpdir(), 'watchbill-words-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const word = (seq: string, epoch = 'e1') => `w1.L.${epoch}.${seq}`;

test('the word of the latest entry is kept over a restart, whatever reply comes last', () => {
  const file = join(folder, 'a.json');
  const words = fileWords(file);
  words.keep('m', word('9'), null);
  words.keep('m', word('10'), null);
  words.keep('m', word('2'), null);
  assert.equal(fileWords(file).of('m'), word('10'));
  assert.equal(fileWords(file).of('other'), null);
});

test('the answer to a claim that carried the word replaces it: the service judged it', () => {
  const words = fileWords(join(folder, 'b.json'));
  words.keep('m', word('10'), null);
  words.keep('m', word('1', 'e2'), word('10'));
  assert.equal(words.of('m'), word('1', 'e2'));
});

test('a file that cannot be read stops the start: a lost memory is not an empty one', () => {
  const file = join(folder, 'c.json');
  writeFileSync(file, '{"m":');
  assert.throws(() => fileWords(file));
});
