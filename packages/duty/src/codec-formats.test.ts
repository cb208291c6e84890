import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  adoptMark,
  canonicalJson,
  type Duty,
  decodeHead,
  decodeUnit,
  encodeHead,
  encodeUnit,
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

/** The records that the last release wrote for these two marks, byte for byte. */
const DIGEST32 = 'aa'.repeat(32);
const DIGEST40 = 'aa'.repeat(40);
const GOLDEN: readonly {
  readonly duty: Duty;
  readonly mark: Mark;
  readonly head: string;
  readonly unit: string;
}[] = [
  {
    duty: babe,
    mark: sealed,
    head: `{"epoch":"epoch-1","floor":"3","hash":"9e5da37d3b0f5e4792c346f3bc4cff4fc307d0f26129c75468b429f8d29c7b8f","last":{"atMs":1000,"chain":"0xc1","digest":"${DIGEST32}","duty":"babe","epoch":"epoch-1","key":"0xk1","kind":"grant","ledger":"ledger-1","nonce":"n-1","note":"","owner":{"incarnation":"ann-1","node":"ann"},"parts":["seal"],"policyVersion":"v-1","prev":"c2ce76de3b4538a9cd00ac680bd6f36ba8e86507ca1fb47d249fdd663c0b4145","seq":"2","service":"s1","term":null,"unit":"4","v":1,"window":1},"recent":[{"enterNonce":null,"owner":{"incarnation":"ann-1","node":"ann"},"parts":[{"digest":"${DIGEST32}","nonce":"n-1","part":"seal"}],"term":null,"unit":"4","v":1}],"seq":"2","units":null,"v":1}`,
    unit: `{"enterNonce":null,"owner":{"incarnation":"ann-1","node":"ann"},"parts":[{"digest":"${DIGEST32}","nonce":"n-1","part":"seal"}],"term":null,"unit":"4","v":1}`,
  },
  {
    duty: grandpa,
    mark: voted,
    head: `{"epoch":"epoch-1","floor":"3/1","hash":"91a78ae58deaecf4cab8228a6c17ae6feb441e83fde5b546529ce9a5f816a7b6","last":{"atMs":1000,"chain":"0xc1","digest":"${DIGEST40}","duty":"grandpa","epoch":"epoch-1","key":"0xk1","kind":"grant","ledger":"ledger-1","nonce":"n-3","note":"","owner":{"incarnation":"bob-1","node":"bob"},"parts":["prevote"],"policyVersion":"v-1","prev":"befd8adeac2bd6fb6ff04e76d7bad7a6cd4526c9c0fded8139c5a4d5ba62921a","seq":"4","service":"s1","term":null,"unit":"3/20","v":1,"window":64},"recent":null,"seq":"4","units":["3/20"],"v":1}`,
    unit: `{"enterNonce":"n-2","owner":{"incarnation":"bob-1","node":"bob"},"parts":[{"digest":"${DIGEST40}","nonce":"n-3","part":"prevote"}],"term":"5","unit":"3/20","v":1}`,
  },
];

function refused(work: () => unknown, why: RegExp): void {
  assert.throws(work, (fault) => fault instanceof RecordError && why.test(fault.message));
}

function changed(text: string, change: Record<string, unknown>): string {
  return canonicalJson({ ...JSON.parse(text), ...change });
}

describe('format 1, of the last release', () => {
  test('is written byte for byte as that release wrote it', () => {
    for (const { duty, mark, head, unit } of GOLDEN) {
      assert.equal(encodeHead(mark, duty, 1), head);
      assert.equal(encodeUnit(mark.recent[0] ?? assert.fail(), 1), unit);
    }
  });

  test('is read without a guess: no meaning, no adoption, no leftovers, the last enter only', () => {
    for (const { duty, mark, head, unit } of GOLDEN) {
      const read = decodeHead(head, duty);
      assert.deepEqual([read.meaning, read.adoption, read.leftovers], [null, null, []]);
      assert.deepEqual([read.last, read.lastHash, read.floor], [mark.last, mark.lastHash, mark.floor]);
      const enters = duty === grandpa ? [{ nonce: 'n-2', incarnation: 'bob-1' }] : [];
      assert.deepEqual(decodeUnit(unit, duty), { ...mark.recent[0], enters });
    }
  });

  test('drops what it cannot hold, and a second pass changes no byte', () => {
    for (const { duty, mark } of GOLDEN) {
      const once = stored({ ...mark, leftovers: [[1n, 1n]] }, duty, 1);
      assert.deepEqual(stored(once, duty, 1), once);
      assert.equal(encodeHead(once, duty, 1), encodeHead(mark, duty, 1));
    }
  });
});

describe('format 2', () => {
  test('keeps meaning, adoption, leftovers and every enter, those of earlier owners too', () => {
    const mark = {
      ...voted,
      leftovers: [
        [3n, 0n],
        [3n, 1n],
      ],
    };
    const back = stored(mark, grandpa, 2);
    assert.deepEqual(back, mark);
    assert.deepEqual(back.recent[0]?.enters, [
      { nonce: 'n-1', incarnation: 'ann-1' },
      { nonce: 'n-2', incarnation: 'bob-1' },
    ]);
    assert.match(back.meaning ?? '', /^slots=/);
    assert.equal(back.adoption, adopted(grandpa, [3n, 1n]).lastHash);
    const head: Record<string, unknown> = JSON.parse(encodeHead(mark, grandpa, 2));
    assert.deepEqual(
      Object.keys(head),
      Object.keys(head).toSorted(),
      'members stand in the order of their names',
    );
    assert.deepEqual([head.v, head.leftovers], [2, ['3/0', '3/1']]);
  });

  test('is read beside format 1: a head of this release over units of the last one', () => {
    const head = decodeHead(encodeHead(voted, grandpa, 2), grandpa);
    const unit = decodeUnit(encodeUnit(voted.recent[0] ?? assert.fail(), 1), grandpa);
    assert.deepEqual([head.units, unit.unit], [[[3n, 20n]], [3n, 20n]]);
  });

  test('differs from format 1 by its version, never by its members alone', () => {
    for (const { duty, mark, head, unit } of GOLDEN) {
      const [newHead, newUnit] = [encodeHead(mark, duty, 2), encodeUnit(mark.recent[0] ?? assert.fail(), 2)];
      refused(() => decodeHead(changed(newHead, { v: 1 }), duty), /cannot be read/);
      refused(() => decodeHead(changed(head, { v: 2 }), duty), /cannot be read/);
      refused(() => decodeUnit(changed(newUnit, { v: 1 }), duty), /cannot be read/);
      refused(() => decodeUnit(changed(unit, { v: 2 }), duty), /cannot be read/);
    }
    const inside = JSON.parse(encodeUnit(sealed.recent[0] ?? assert.fail(), 1));
    refused(() => decodeHead(changed(encodeHead(sealed, babe, 2), { recent: [inside] }), babe), /recent\.0/);
  });

  test('is refused where leftovers could delete a unit that counts, or are out of order', () => {
    const text = encodeHead(voted, grandpa, 2);
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
    const noFloor = encodeHead({ ...voted, floor: null }, grandpa, 2);
    refused(() => decodeHead(changed(noFloor, { leftovers: ['3/0'] }), grandpa), /would delete/);
  });

  test('has no leftovers where units have no separate records', () => {
    const text = encodeHead(sealed, babe, 2);
    assert.equal(JSON.parse(text).leftovers, null);
    refused(() => decodeHead(changed(text, { leftovers: [] }), babe), /leftovers without unit records/);
  });

  test('is refused with an adoption that is not a hash or a meaning that is not text', () => {
    const text = encodeHead(sealed, babe, 2);
    for (const adoption of ['', 'ab', 7])
      refused(() => decodeHead(changed(text, { adoption }), babe), /adoption/);
    refused(() => decodeHead(changed(text, { meaning: 7 }), babe), /meaning/);
  });
});

describe('adoption and meaning over the formats', () => {
  test('a grant on a mark that the last release adopted names that adoption, while it is the last entry', () => {
    const first = adopted(babe);
    const next = take(stored(first, babe, 1), sampleClaim(babe, [4n]));
    assert.equal(next.adoption, first.lastHash);
    assert.equal(take(next, sampleClaim(babe, [5n])).adoption, first.lastHash);
    const later = take(stored(take(first, sampleClaim(babe, [4n])), babe, 1), sampleClaim(babe, [5n]));
    assert.equal(later.adoption, null, 'the last release did not keep it, and it is not guessed');
  });

  test('another adoption takes its place', () => {
    const again = adoptMark(samplePolicy(), babe, sealed, null, sampleAttempt({ nonce: 'n-9' }), '');
    assert.equal(again.adoption, again.lastHash);
    assert.notEqual(again.adoption, sealed.adoption);
  });
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
