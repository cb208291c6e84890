import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { servicesMark, useOf } from '../graph/key-set.ts';
import { bornUse, unknownUse } from '../graph/unknown-use.ts';
import { judge } from './holders.ts';
import { type KeyHolder, maySignTwice, type SeenKeys } from './law.ts';

const HERE = servicesMark(['https://watch:8443'], 'east');
const ELSEWHERE = servicesMark(['https://other:8443'], 'east');

const holder = (use: string, seen: SeenKeys | null = null): KeyHolder => ({
  id: `node with ${use}`,
  use,
  seen,
});
const keys = (...all: readonly string[]): SeenKeys => ({ keys: all, isComplete: true });
const partly = (...all: readonly string[]): SeenKeys => ({ keys: all, isComplete: false });

/** The answer, which must be the same both ways. */
function answer(one: KeyHolder, other: KeyHolder): string {
  const [found, back] = [maySignTwice(one, other), maySignTwice(other, one)];
  assert.equal(found.answer, back.answer);
  return found.answer;
}

describe('two holders may both sign', () => {
  test('with one public key, whatever their sets of keys are called', () => {
    const one = holder('set.iron-keys', keys('0xaa', '0xbb'));
    assert.equal(answer(one, holder('set.steel-keys', keys('0xbb'))), 'yes');
    assert.equal(answer(one, holder('set.steel-keys', partly('0xbb'))), 'yes');
    assert.equal(answer(one, holder(bornUse('tide', 'a'), keys('0xbb'))), 'yes');
    assert.deepEqual(maySignTwice(one, holder('set.x', keys('0xbb'))), {
      answer: 'yes',
      by: 'key',
      because: 'both have the public key 0xbb',
    });
  });

  test('with one name, unless both ask the same services', () => {
    const [plain, gated] = [useOf('one', null), useOf('one', HERE)];
    assert.equal(answer(holder(plain), holder(plain)), 'yes');
    assert.equal(answer(holder(plain), holder(gated)), 'yes');
    assert.equal(answer(holder(gated), holder(useOf('one', ELSEWHERE))), 'yes');
    assert.equal(answer(holder(gated), holder(gated)), 'no');
    assert.equal(answer(holder('born.tide.a'), holder('born.tide.a')), 'yes');
  });

  test('who asks the same services may have the same key under another name', () => {
    assert.equal(
      answer(holder(useOf('one', HERE), keys('0xaa')), holder(useOf('two', HERE), keys('0xaa'))),
      'no',
    );
    assert.equal(
      answer(holder(useOf('one', HERE), keys('0xaa')), holder(useOf('two', ELSEWHERE), keys('0xaa'))),
      'yes',
    );
  });

  test('a name that a person gave counts also for different keys; that of two Secrets does not', () => {
    const named = (key: string, secret: string): KeyHolder =>
      holder('set.stash', { ...keys(key), secrets: [secret] });
    assert.equal(answer(named('0xaa', 'iron-keys'), named('0xbb', 'steel-keys')), 'yes');
    assert.equal(answer(named('0xaa', 'stash'), named('0xbb', 'stash')), 'no');
    assert.equal(answer(named('0xaa', 'stash'), named('0xaa', 'stash')), 'yes');
    const unread = holder('set.stash', { ...partly('0xbb'), secrets: ['stash'] });
    assert.equal(answer(named('0xaa', 'stash'), unread), 'yes');
  });
});

describe('two holders never sign with one key', () => {
  test('with other public keys, if all of them are known', () => {
    assert.equal(answer(holder('set.one', keys('0xaa')), holder('set.two', keys('0xbb'))), 'no');
  });

  test('if the keys of one were made in its node', () => {
    assert.equal(answer(holder(bornUse('tide', 'a')), holder('set.two', keys('0xbb'))), 'no');
    assert.equal(answer(holder(bornUse('tide', 'a')), holder(unknownUse('pod-0'))), 'no');
  });
});

describe('unknown public keys', () => {
  test('are not taken for different ones, and the reason names the holder', () => {
    const known = holder('set.one', keys('0xaa'));
    for (const other of [holder('set.two'), holder('set.two', partly('0xbb')), holder(unknownUse('pod-0'))]) {
      assert.equal(answer(known, other), 'unknown');
      const verdict = maySignTwice(known, other);
      assert.equal(
        verdict.answer === 'unknown' ? verdict.because : '',
        `the public keys of ${other.id} are not known`,
      );
    }
  });

  test('a claim of a person settles them, and nothing else', () => {
    const claims = { differentKeys: true };
    assert.equal(judge(holder('set.one'), holder('set.two'), claims).answer, 'no');
    assert.equal(judge(holder('set.one'), holder('set.one'), claims).answer, 'yes');
    assert.equal(
      judge(holder('set.one', keys('0xaa')), holder('set.two', partly('0xaa')), claims).answer,
      'yes',
    );
  });
});
