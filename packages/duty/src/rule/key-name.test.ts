import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findKeys, type KeyWords, wholeHex } from './index.ts';

const CHAIN = `0x${'91'.repeat(32)}`;
const OTHER = `0x${'82'.repeat(32)}`;
const keyOf = (digits: string, end: string) => `0x${digits.repeat(64).slice(end.length)}${end}`;
const ALPHA = { chain: CHAIN, key: keyOf('a', '5ac67d'), name: 'alpha' };
const BRAVO = { chain: CHAIN, key: keyOf('b', '15ac67d'), name: 'bravo' };
const PLAIN = { chain: CHAIN, key: keyOf('c', '0ffee0') };
const ABROAD = { ...PLAIN, chain: OTHER };
const ALL = [ALPHA, BRAVO, PLAIN, ABROAD];

function found(words: KeyWords, all: Parameters<typeof findKeys>[0] = ALL): unknown {
  const answer = findKeys(all, words);
  return answer.ok ? answer.found : `${answer.code}: ${answer.what}. ${answer.remedy}`;
}

test('a key is found by name, by its end or by all of it, in any case, with or without 0x', () => {
  const { key } = ALPHA;
  const words = ['alpha', 'ALPHA', key, key.slice(2), key.toUpperCase(), key.slice(2).toUpperCase()];
  for (const word of [...words, key.slice(-8), `0X${key.slice(-9).toUpperCase()}`])
    assert.deepEqual(found({ key: word }), [ALPHA], word);
  assert.deepEqual(found({ key }, [{ ...BRAVO, key: `0x02${key.slice(2)}` }, ALPHA]), [ALPHA], 'no end');
});

test('a key and a chain are found as a screen shows them, with both ends or the last', () => {
  assert.deepEqual(found({ key: `${BRAVO.key.slice(0, 10)}…5ac67d` }), [BRAVO]);
  assert.deepEqual(found({ key: '0xcccc…0ffee0', chain: `…${OTHER.slice(-6)}` }), [ABROAD]);
  assert.match(String(found({ key: '0xdddddddd…15ac67d' })), /^key-unknown/);
});

test('a key that signs on several chains is one key; a chain or its end selects one', () => {
  assert.deepEqual(found({ key: '0ffee0' }), [PLAIN, ABROAD]);
  assert.deepEqual(found({ key: '0ffee0', chain: OTHER.slice(-6) }), [ABROAD]);
  assert.deepEqual(found({ chain: OTHER.toUpperCase() }), [ABROAD]);
  assert.deepEqual(found({}), ALL);
});

test('ends that fit several keys or chains list those', () => {
  const list = 'name one of: alpha (…aa5ac67d); bravo (…b15ac67d)';
  assert.equal(found({ key: '5ac67d' }), `key-ambiguous: several keys are named or end with 5ac67d. ${list}`);
  const named = { ...PLAIN, name: '5ac67d' };
  assert.match(String(found({ key: '5ac67d' }, [ALPHA, named])), /^key-ambiguous/);
  const near = { ...ABROAD, chain: `0x${'7'.repeat(58)}919191` };
  const ends = String(found({ chain: '919191' }, [PLAIN, near]));
  assert.match(ends, /^key-ambiguous: several chains end with 919191/);
});

test('fewer than six digits and unknown words list every key', () => {
  for (const key of ['67d', 'ac67d', 'alph', 'ffffff', '', '0x'])
    assert.match(
      String(found({ key })),
      /^key-unknown: no key is named or ends with .*alpha \(….*bravo \(…b15ac67d\) on chain …919191; …0ffee0 on/,
      key,
    );
  for (const key of ['67d', '0xAC67D']) assert.match(String(found({ key })), /an end has six digits or more/);
  for (const key of ['alph', 'ffffff']) assert.doesNotMatch(String(found({ key })), /six digits/);
  const abroad = String(found({ key: 'alpha', chain: OTHER }));
  assert.match(abroad, /^key-unknown: no key on a chain that ends with 0x82/);
  for (const chain of [CHAIN, undefined])
    assert.equal(/ on chain …919191$/.test(String(found({ key: 'x', chain }, [ALPHA]))), chain === CHAIN);
  assert.match(String(found({}, [])), /^key-unknown: there is no key[.] .*policy apply FILE/);
  const many = Array.from({ length: 24 }, () => ALPHA);
  assert.match(String(found({ key: 'ffffff' }, many)), /^([^;]*; ){20}and 4 more, see/);
});

test('only a text of the length of a key or chain is whole', () => {
  assert.equal(wholeHex(ALPHA.key.slice(2).toUpperCase()), ALPHA.key);
  assert.equal(wholeHex(`0x${'D'.repeat(66)}`), `0x${'d'.repeat(66)}`);
  for (const text of ['alpha', `0x${'d'.repeat(65)}`, 'd'.repeat(63), `${'d'.repeat(63)}g`])
    assert.equal(wholeHex(text), null);
});
