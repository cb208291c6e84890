import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seedPrint } from './seed-print.ts';

const WORDS = 'legal winner thank year wave sausage worth useful legal winner thank yellow';
const print = (text: string) => seedPrint(Buffer.from(text));

test('one seed has one print, however it is spaced, and others have others', () => {
  assert.equal(print(WORDS), print(`  ${WORDS.replaceAll(' ', '  ')}\r\n`));
  assert.equal(print(`0x${'AB'.repeat(32)}//Stash`), print(`0x${'ab'.repeat(32)}//Stash`));
  assert.equal(
    print('//Eve'),
    print('bottom drive obey lake curtain smoke basket hold race lonely fit walk//Eve'),
  );
  const others = [WORDS, `${WORDS}//0`, `${WORDS}//1`, `${WORDS}/0`, '//Eve', '//eve', '//Bob'].map(print);
  assert.equal(new Set(others).size, others.length);
});

test('an empty value has no digest, and a digest reveals no part of its seed', () => {
  for (const nothing of ['', ' \n']) assert.equal(print(nothing), null);
  assert.match(print(WORDS) ?? '', /^[0-9a-f]{64}$/);
  assert.ok(!WORDS.split(' ').some((word) => print(WORDS)?.includes(word)));
});
