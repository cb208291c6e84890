import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { known } from '../facts/fact.ts';
import { DOT, goodNominator, goodRecord, sampleSnapshot, snapshotOf } from '../testing/index.ts';
import { decodeSnapshot, encodeSnapshot, snapshotDigest } from './codec.ts';

const SNAPSHOT = snapshotOf([goodRecord(1), goodRecord(2)], { nominators: [goodNominator(1)] });

/** The problems of the text after one replacement. */
function problems(from: string | RegExp, to: string): readonly string[] {
  const text = encodeSnapshot(SNAPSHOT);
  const changed = text.replace(from, to);
  assert.notEqual(changed, text);
  const read = decodeSnapshot(changed);
  return read.ok ? [] : read.problems.map(({ path, message }) => `${path}: ${message}`);
}

test('a snapshot reads back as it was, from one text', () => {
  const text = encodeSnapshot(SNAPSHOT);
  const read = decodeSnapshot(text);
  assert.ok(read.ok);
  assert.deepEqual(read.snapshot, SNAPSHOT);
  assert.equal(encodeSnapshot(read.snapshot), text);
  assert.equal(read.digest, snapshotDigest(SNAPSHOT));
});

test('a sample with every kind of fact reads back', () => {
  const sample = sampleSnapshot({ seed: 'codec', count: 50 });
  const read = decodeSnapshot(encodeSnapshot(sample));
  assert.ok(read.ok, inspect(read));
  assert.equal(read.digest, snapshotDigest(sampleSnapshot({ seed: 'codec', count: 50 })));
});

test('a decoded snapshot cannot be changed', () => {
  const read = decodeSnapshot(encodeSnapshot(SNAPSHOT));
  assert.ok(read.ok);
  const [first] = read.snapshot.candidates;
  assert.throws(() => Object.assign(first?.candidate ?? {}, { name: 'other' }), TypeError);
});

test('money is exact at any size', () => {
  const huge = 2n ** 128n - 1n;
  const read = decodeSnapshot(
    encodeSnapshot(snapshotOf([goodRecord(1, { selfStake: known(huge, 'staking') })])),
  );
  assert.ok(read.ok);
  assert.deepEqual(read.snapshot.candidates[0]?.selfStake, known(huge, 'staking'));
});

test('absurd values are refused, each with its place', () => {
  const self = `"value":"${12_000n * DOT}"`;
  assert.match(
    problems(self, `"value":"${2n ** 128n}"`).join(),
    /^candidates\.0\.selfStake\.value: must be below 2\^128/,
  );
  assert.match(
    problems(self, '"value":"-1"').join(),
    /candidates\.0\.selfStake\.value: must be a whole number in quotes/,
  );
  assert.match(problems(self, '"value":12').join(), /candidates\.0\.selfStake\.value/);
  assert.match(
    problems('"commissionPerbill":100000000', '"commissionPerbill":1000000001').join(),
    /commissionPerbill/,
  );
  assert.match(
    problems('"offline":[]', '"offline":[{"fromMs":5,"toMs":4}]').join(),
    /must not end before it begins/,
  );
  assert.match(problems('"prefix":0', '"prefix":16384').join(), /network\.prefix/);
});

test('unknown keys, missing keys and other versions are refused', () => {
  assert.match(problems('"configVersion"', '"colour":1,"configVersion"').join(), /colour/);
  assert.match(problems('"configVersion":"test",', '').join(), /configVersion/);
  assert.match(problems('"version":1}', '"version":2}').join(), /^version/);
});

test('a fact from a source that is not listed is refused, because its age would be unknown', () => {
  assert.match(
    problems(/"from":"places"/, '"from":"hearsay"').join(),
    /it is from "hearsay", which is not among the sources/,
  );
});

test('two candidates with one stash or one slot are refused', () => {
  const twice = decodeSnapshot(encodeSnapshot(snapshotOf([goodRecord(1), goodRecord(1)])));
  assert.deepEqual(twice.ok ? [] : twice.problems, [
    { path: 'candidates.1', message: 'it has the stash of candidates.0' },
    { path: 'candidates.1', message: 'it has the slot of candidates.0' },
  ]);
});

test('a text that is not the canonical one is refused, since its digest would be another', () => {
  for (const [from, to] of [
    ['{', '{ '],
    ['"takenAtMs":1795176000000', '"takenAtMs":1795176000000.0'],
  ] as const) {
    assert.match(problems(from, to).join(), /not the canonical text of itself/);
  }
  assert.match(problems('}', '').join(), /it is not JSON/);
});

test('a text without UTF-8 and a number without a single text are problems, not throws', () => {
  assert.match(
    problems('"name":"node 1"', '"name":"\\ud800"').join(),
    /candidates\.0\.candidate\.name: must hold no lone surrogate/,
  );
  assert.match(problems('"decimals":10', '"decimals":-0').join(), /the number -0 has no canonical text/);
});

test('a text that was damaged anywhere gives a refusal or another digest, and never a throw', () => {
  const text = encodeSnapshot(SNAPSHOT);
  const { digest } = (() => {
    const read = decodeSnapshot(text);
    return read.ok ? read : assert.fail();
  })();
  fc.assert(
    fc.property(
      fc.nat(text.length - 1),
      fc.constantFrom('"', '0', '9', '-', '{', ']', ',', 'x', '\\', ''),
      (at, other) => {
        const damaged = text.slice(0, at) + other + text.slice(at + 1);
        const read = decodeSnapshot(damaged);
        if (read.ok) assert.equal(read.digest === digest, damaged === text);
        else assert.ok(read.problems.length > 0);
      },
    ),
    { numRuns: 300 },
  );
});

test('lists have bounds', () => {
  const eras = Array.from({ length: 10_001 }, (_, i) => i);
  const read = decodeSnapshot(
    encodeSnapshot(snapshotOf([goodRecord(1, { erasWithPoints: known(eras, 'staking') })])),
  );
  assert.equal(read.ok ? '' : read.problems[0]?.path, 'candidates.0.erasWithPoints.value');
});
