import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  adoptMark,
  canonicalJson,
  decodeHead,
  encodeHead,
  LEFTOVERS_PER_GRANT,
  type Mark,
  RecordError,
} from './index.ts';
import {
  adopted,
  ask,
  dutyNamed,
  sampleAttempt,
  sampleClaim,
  samplePolicy,
  stored,
  take,
} from './testing/samples.ts';

const babe = dutyNamed('babe');
const grandpa = dutyNamed('grandpa');
const bob = { node: 'bob', incarnation: 'bob-1' };
const nonce = (name: string) => ({ attempt: sampleAttempt({ nonce: name }) });

const sealed = take(adopted(babe, [3n]), sampleClaim(babe, [4n]), nonce('n-1'));
const enter = { parts: ['enter'] as const };
const entered = take(
  adopted(grandpa, [3n, 1n]),
  sampleClaim(grandpa, [3n, 20n], { ...enter, term: 4n }),
  nonce('n-1'),
);
const moved = take(
  entered,
  sampleClaim(grandpa, [3n, 20n], { ...enter, owner: bob, term: 5n }),
  nonce('n-2'),
);
const voted = take(moved, sampleClaim(grandpa, [3n, 20n], { parts: ['prevote'], owner: bob }), nonce('n-3'));

function refused(work: () => unknown, why: RegExp): void {
  assert.throws(work, (fault) => fault instanceof RecordError && why.test(fault.message));
}

function changed(text: string, change: Record<string, unknown>): string {
  return canonicalJson({ ...JSON.parse(text), ...change });
}

describe('the text of a mark', () => {
  test('keeps meaning, adoption, leftovers and every enter, those of earlier owners too', () => {
    const mark = {
      ...voted,
      leftovers: [
        [3n, 0n],
        [3n, 1n],
      ],
    };
    const back = stored(mark, grandpa);
    assert.deepEqual(back, mark);
    assert.deepEqual(back.recent[0]?.enters, [
      { nonce: 'n-1', incarnation: 'ann-1' },
      { nonce: 'n-2', incarnation: 'bob-1' },
    ]);
    assert.match(back.meaning ?? '', /^slots=/);
    assert.equal(back.adoption, adopted(grandpa, [3n, 1n]).lastHash);
    const head: Record<string, unknown> = JSON.parse(encodeHead(mark, grandpa));
    assert.deepEqual(
      Object.keys(head),
      Object.keys(head).toSorted(),
      'members stand in the order of their names',
    );
    assert.deepEqual([head.v, head.leftovers], [2, ['3/0', '3/1']]);
  });

  test('is refused where leftovers could delete a unit that counts, or are out of order', () => {
    const text = encodeHead(voted, grandpa);
    const decode = (leftovers: unknown) => decodeHead(changed(text, { leftovers }), grandpa);
    assert.deepEqual(decode(['3/0', '3/1']).leftovers, [
      [3n, 0n],
      [3n, 1n],
    ]);
    refused(() => decode(['3/2']), /would delete unit 3\/2, which is above the floor/);
    refused(() => decode(['3/20']), /would delete unit 3\/20/);
    refused(() => decode(['3/1', '3/0']), /does not lie above/);
    refused(() => decode(['3/1', '3/1']), /does not lie above/);
    refused(() => decode(['3']), /expected set\/round/);
    refused(() => decode(null), /lists no leftovers/);
    const noFloor = encodeHead({ ...voted, floor: null }, grandpa);
    refused(() => decodeHead(changed(noFloor, { leftovers: ['3/0'] }), grandpa), /would delete/);
  });

  test('has no leftovers where units have no separate records', () => {
    const text = encodeHead(sealed, babe);
    assert.equal(JSON.parse(text).leftovers, null);
    refused(() => decodeHead(changed(text, { leftovers: [] }), babe), /leftovers without unit records/);
  });

  test('is refused with an adoption that is not a hash or a meaning that is not text', () => {
    const text = encodeHead(sealed, babe);
    for (const adoption of ['', 'ab', 7])
      refused(() => decodeHead(changed(text, { adoption }), babe), /adoption/);
    refused(() => decodeHead(changed(text, { meaning: 7 }), babe), /meaning/);
  });
});

test('another version is refused with what to do', () => {
  const head = encodeHead(sealed, babe);
  for (const v of [1, 3])
    refused(
      () => decodeHead(changed(head, { v }), babe),
      /version ., this release reads version 2\. .*new ledger/,
    );
});

describe('leftovers: a window that shrinks never makes a write large', () => {
  const wide = Array.from({ length: 60 }, (_, round) => BigInt(round)).reduce(
    (mark, round) => take(mark, sampleClaim(grandpa, [3n, round])),
    adopted(grandpa),
  );
  const narrow = { policy: samplePolicy({}, { window: 4 }) };
  const texts = (units: readonly (readonly bigint[])[]) => units.map((unit) => unit.join('/'));

  /** The unit records that the write of `after` deletes. */
  function deleted(before: Mark, after: Mark): string[] {
    const known = texts([...before.leftovers, ...before.recent.map(({ unit }) => unit)]);
    const kept = new Set(texts([...after.leftovers, ...after.recent.map(({ unit }) => unit)]));
    return known.filter((unit) => !kept.has(unit));
  }

  test('each write deletes sixteen at most, oldest first, until every one is gone', () => {
    let mark = wide;
    const gone: string[] = [];
    for (let round = 60n; round < 66n; round++) {
      const next = take(mark, sampleClaim(grandpa, [3n, round]), narrow);
      const now = deleted(mark, next);
      assert.ok(now.length <= LEFTOVERS_PER_GRANT, `${now.length} deletions`);
      assert.equal(next.recent.length, 4, 'the window counts at once');
      assert.deepEqual(next.floor, [3n, round - 4n]);
      assert.deepEqual(stored(next, grandpa), next);
      gone.push(...now);
      mark = next;
    }
    assert.deepEqual(
      gone,
      Array.from({ length: 62 }, (_, round) => `3/${round}`),
    );
    assert.deepEqual(mark.leftovers, []);
  });

  test('an adoption deletes sixteen at most too, and the rest stays denied', () => {
    const after = adoptMark(samplePolicy(), grandpa, wide, [3n, 59n], sampleAttempt(), 'adopted');
    assert.equal(deleted(wide, after).length, LEFTOVERS_PER_GRANT);
    assert.equal(after.leftovers.length, 60 - LEFTOVERS_PER_GRANT);
    for (const unit of after.leftovers)
      assert.equal(ask(after, sampleClaim(grandpa, unit)).reason, 'below-floor');
    const over = take(stored(after, grandpa), sampleClaim(grandpa, [3n, 60n]));
    assert.equal(over.leftovers.length, 60 - 2 * LEFTOVERS_PER_GRANT);
  });

  test('a duty that keeps its units inside the head has none, however far its window shrinks', () => {
    const policy = samplePolicy({}, { window: 60 });
    let mark = adopted(babe, null, policy);
    for (let slot = 1n; slot < 60n; slot++) mark = take(mark, sampleClaim(babe, [slot]), { policy });
    const shrunk = take(mark, sampleClaim(babe, [60n]), narrow);
    assert.deepEqual([mark.recent.length, shrunk.recent.length, shrunk.leftovers], [59, 4, []]);
    assert.deepEqual(stored(shrunk, babe), shrunk);
  });
});
