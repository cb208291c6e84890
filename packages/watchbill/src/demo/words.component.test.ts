import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '@watchbill/kit/testing';
import { fileWords } from './words.ts';

const folder = temporaryFolder();
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
