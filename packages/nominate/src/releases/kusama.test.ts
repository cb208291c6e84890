import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { writeAddress } from '@watchbill/chain/address';
import { canonicalJson } from '@watchbill/kit';
import { createVirtualClock } from '@watchbill/kit/testing';
import { keyOf } from '../testing/records.ts';
import { kusamaSource, kusamaStandingsIn } from './kusama.ts';
import type { FetchPage } from './pages.ts';

const stash = (n: number) => writeAddress({ prefix: 2, publicKey: keyOf(n) });
const entry = (change: object) => ({ stash: stash(1), rank: 200, identity: null, ...change });
const check = (type: string, valid: boolean | null) => ({ type, valid, details: '', updated: 1 });

function listed(...entries: readonly object[]) {
  const list = kusamaStandingsIn(JSON.stringify(entries));
  assert.ok(list.ok, list.ok ? '' : list.why);
  return list.standings;
}

test('defect 24: the Kusama programme is asked once, however many candidates there are', async () => {
  const asked: string[] = [];
  const rows = Array.from({ length: 300 }, (_, n) => ({
    stash: stash(n),
    rank: n,
    validity: [check('ONLINE', n % 2 === 0)],
    identity:
      n === 0 ? null : { address: writeAddress({ prefix: 2, publicKey: keyOf(1_000 + n) }), name: 'op' },
  }));
  const text = JSON.stringify([...rows, { stash: 'nonsense', rank: 1 }]);
  const answer: FetchPage = async (url) => {
    asked.push(url);
    return { text, size: text.length, url, link: null, etag: null, isUnchanged: false };
  };
  const source = kusamaSource('https://kusama.example/candidates', answer, createVirtualClock());
  const list = kusamaStandingsIn(...(await source(new AbortController().signal)));
  assert.equal(asked.length, 1);
  assert.ok(list.ok);
  assert.equal(list.standings.size, 300);
  assert.deepEqual(list.standings.get(keyOf(3)), {
    rank: 3,
    invalidReasons: ['ONLINE'],
    identity: { account: keyOf(1_003), display: 'op' },
  });
});

describe('validity in the other programme', () => {
  const [yes, no, open] = [check('ONLINE', true), check('IDENTITY', false), check('CLIENT', null)];
  for (const [what, said, reasons, undecided] of [
    ['all passed', { valid: true, validity: [yes] }, [], undefined],
    ['all passed, in the words of old', { validity: [yes] }, [], undefined],
    ['one failed', { valid: false, validity: [yes, no] }, ['IDENTITY'], undefined],
    [
      'one failed, another is open: that is known',
      { valid: false, validity: [no, open] },
      ['IDENTITY'],
      undefined,
    ],
    ['an open check does not count against it', { valid: null, validity: [yes, open] }, [], ['CLIENT']],
    ['one is open, and the programme lets that pass', { valid: true, validity: [yes, open] }, [], undefined],
    ['one is open, in the words of old', { validity: [open] }, [], ['CLIENT']],
    ['invalid without a reason', { valid: false, validity: [] }, ['no reason is named there'], undefined],
    ['not decided without a reason', { valid: null, validity: [] }, [], ['its validity is not told there']],
    ['nothing', {}, [], ['its validity is not told there']],
  ] as const)
    test(what, () => {
      const standing = listed(entry(said)).get(keyOf(1));
      assert.deepEqual([standing?.invalidReasons, standing?.undecided], [reasons, undecided]);
    });

  test('text without a UTF-8 form is changed to one that a snapshot can hold', () => {
    const list = '[{"stash":"STASH","rank":1,"validity":[{"type":"\\ud800","valid":false}]}]';
    const read = kusamaStandingsIn(list.replace('STASH', stash(1)));
    assert.ok(read.ok && read.standings.get(keyOf(1))?.invalidReasons.every((one) => one.isWellFormed()));
  });
});

test('a list with a duplicate candidate, on one page or on two, is refused, and so is a document without a list', () => {
  const page = (...of: readonly number[]) => JSON.stringify(of.map((n) => entry({ stash: stash(n) })));
  const whys = [
    [page(1, 2, 1)],
    [page(1, 2), page(3, 1)],
    [page(1), '<html>'],
    ['{}'],
    ['[{"stash":5}]'],
  ].map((pages) => {
    const list = kusamaStandingsIn(...pages);
    return list.ok ? 'taken' : list.why;
  });
  assert.match(whys.join('\n'), /^it lists [A-Z]\w+ twice\nit lists [A-Z]\w+ twice\npage 2: it is not JSON/);
  assert.match(whys.join('\n'), /\npage 1, the list: .*\npage 1, 0\.stash: /);
});

test('a rank of -0 is 0, because no snapshot can hold the other', () => {
  const list = kusamaStandingsIn(JSON.stringify([entry({ rank: 0 })]).replace('"rank":0', '"rank":-0'));
  assert.ok(list.ok);
  assert.match(canonicalJson(list.standings.get(keyOf(1))), /"rank":0/);
});
