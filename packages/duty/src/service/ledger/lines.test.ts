import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatUnit } from '../../rule/index.ts';
import { decodeLine, encodeLine, type Line, padded, placeOf, unpadded } from './lines.ts';

const HASH = '0f'.repeat(32);
const LINES: readonly Line[] = [
  {
    kind: 'header',
    format: 'watchbill-ledger-export',
    v: 1,
    ledger: 'l',
    service: 's',
    epoch: null,
    atMs: 1,
    kinds: ['entry'],
    hasMarks: false,
  },
  { kind: 'entry', body: '{"a":1}', hash: HASH },
  { kind: 'head', chain: 'c', key: 'k', duty: 'babe', epoch: 'e', seq: '7', hash: HASH },
  { kind: 'word', id: 'w', text: 'x\n{', release: { how: 'operator', by: 'ada', reason: 'r', atMs: 2 } },
  { kind: 'end', counts: { head: 0, entry: 1, decision: 0, word: 0, change: 0, mark: 0 }, sha256: HASH },
];

test('each kind of line is read as it was written, and is one line', () => {
  for (const line of LINES) {
    const text = encodeLine(line);
    assert.ok(!text.includes('\n'));
    assert.deepEqual(decodeLine(text), { ok: true, line });
  }
});

test('a line with another shape, another version or another spelling is refused with the reason', () => {
  const [header, , head] = LINES.map(encodeLine);
  const wrong: readonly [string | undefined, RegExp][] = [
    ['', /not JSON/],
    ['{"kind":"other"}', /kind is unknown/],
    ['{"kind":"toString"}', /kind is unknown/],
    [header?.replace('"v":1', '"v":2'), /version 2/],
    [head?.replace('"seq":"7"', '"seq":"07"'), /seq/],
    [head?.replace('"seq":"7"', '"seq":"9223372036854775808"'), /below 2\^63/],
    [head?.replace('"seq"', '"extra":1,"seq"'), /canonical|nrecognized/],
    [` ${head}`, /canonical/],
    ['{"kind":1.5}', /safe integers/],
  ];
  for (const [text, why] of wrong) {
    const read = decodeLine(text ?? '');
    assert.ok(!read.ok, text);
    assert.match(read.why, why);
  }
});

test('padded units are in the order of units, and lead back to their text', () => {
  const field = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
  fc.assert(
    fc.property(fc.tuple(field, field), fc.tuple(field, field), (a, b) => {
      const [one, other] = [a, b].map(padded);
      const expected = a[0] === b[0] ? a[1] < b[1] : a[0] < b[0];
      assert.equal((one ?? '') < (other ?? ''), expected);
      assert.equal(unpadded(one ?? ''), formatUnit(a));
    }),
  );
});

test('a name of a mark has three parts', () => {
  assert.deepEqual(placeOf('c/k/babe'), { chain: 'c', key: 'k', duty: 'babe' });
  for (const wrong of ['', 'c/k', 'c//babe', 'c/k/babe/x']) assert.equal(placeOf(wrong), null);
});
