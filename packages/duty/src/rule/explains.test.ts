import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  adoptMark,
  type Claim,
  DUTIES,
  explains,
  type LedgerPoint,
  type Mark,
  pointOf,
  topOf,
  type Unit,
} from './index.ts';
import { anyClaim, anyMark, unitNumber, windowed } from './testing/grown-marks.ts';
import {
  adopted,
  ask,
  dutyNamed,
  sampleAttempt,
  sampleClaim,
  samplePolicy,
  take,
} from './testing/samples.ts';

/** Whether the store still knows what a service or a claimant remembers: protocol section 2. */
const babe = dutyNamed('babe');
const grandpa = dutyNamed('grandpa');
const ann = { node: 'ann', incarnation: 'ann-1' };
const bob = { node: 'bob', incarnation: 'bob-1' };
let drawn = 0;
const fresh = () => ({ attempt: sampleAttempt({ nonce: `n-${drawn++}` }) });
const by = (mark: Mark, point: LedgerPoint) => explains(mark, 'epoch-1', point);
const claim = (round: bigint, part: Claim['parts'][number], owner = ann, term = 1n) =>
  sampleClaim(grandpa, [3n, round], { parts: [part], owner, term: part === 'enter' ? term : null });

describe('a point is explained by lineage', () => {
  const first = take(adopted(grandpa, [3n, 1n]), claim(20n, 'prevote'), fresh());

  test('while the mark stands at its entry, and later while its unit is remembered', () => {
    assert.equal(by(first, pointOf(first)), 'lineage');
    const later = take(take(first, claim(20n, 'precommit'), fresh()), claim(21n, 'prevote'), fresh());
    assert.equal(by(later, pointOf(first)), 'lineage');
  });

  test('of the last adoption, whatever was granted since', () => {
    const start = adopted(grandpa);
    const later = take(take(start, claim(20n, 'prevote'), fresh()), claim(21n, 'prevote'), fresh());
    assert.equal(by(later, pointOf(start)), 'lineage');
    const again = adoptMark(samplePolicy(), grandpa, later, [3n, 20n], fresh().attempt, '');
    assert.equal(by(take(again, claim(22n, 'prevote'), fresh()), pointOf(again)), 'lineage');
  });

  test('but not by another nonce, part or unit, nor by a higher number alone', () => {
    const point = { ...pointOf(first), hash: 'e'.repeat(64) };
    assert.equal(by(first, point), 'lineage', 'the nonce is in recent');
    for (const change of [
      { nonce: 'n-other' },
      { part: 'precommit' as const },
      { part: 'enter' as const },
      { part: null },
      { unit: [3n, 21n] },
      { unit: null },
    ])
      assert.equal(by(first, { ...point, ...change }), 'none', JSON.stringify(Object.keys(change)));
    const far = { ...point, nonce: 'n-other', seq: 0n };
    assert.equal(by(first, far), 'none', 'a mark at a higher seq explains nothing by that');
  });

  test('another line of the same length explains nothing: the store went back and went on', () => {
    const lost = take(first, claim(21n, 'prevote'), fresh());
    const other = take(first, claim(21n, 'prevote', bob), fresh());
    const beyond = take(take(other, claim(22n, 'prevote'), fresh()), claim(23n, 'prevote'), fresh());
    assert.equal(lost.seq, other.seq);
    for (const mark of [first, other, beyond]) assert.equal(by(mark, pointOf(lost)), 'none');
  });
});

describe('a point is explained by the floor', () => {
  test('and with a floor at its unit but below its top there is a gap', () => {
    const wide = take(take(adopted(grandpa), claim(30n, 'prevote'), fresh()), claim(20n, 'prevote'), fresh());
    const told = pointOf(wide);
    assert.deepEqual(
      [told.unit, told.top],
      [
        [3n, 20n],
        [3n, 30n],
      ],
    );
    const raised = (round: bigint): Mark => adopted(grandpa, [3n, round]);
    assert.deepEqual(
      [19n, 20n, 29n, 30n, 31n].map((round) => by(raised(round), told)),
      ['none', 'gap', 'gap', 'floor', 'floor'],
    );
  });

  test('an adoption without a floor granted nothing: any mark of the epoch explains it', () => {
    const start = pointOf(adoptMark(samplePolicy(), babe, null, null, fresh().attempt, ''));
    assert.equal(by(take(adopted(babe), sampleClaim(babe, [4n]), fresh()), start), 'floor');
    assert.equal(by(adopted(babe), { ...start, unit: [4n] }), 'none');
    assert.equal(by(adopted(babe), { ...start, part: 'seal' }), 'none');
    const topless = { ...start, unit: [4n], part: 'seal' } as const;
    assert.equal(by(adopted(babe, [9n]), topless), 'none', 'nothing says how far that mark had come');
    assert.equal(explains(null, 'epoch-1', start), 'none');
  });
});

/** Points of one history, with the mark at each. */
function points(duty: (typeof DUTIES)[number], claims: readonly Claim[], window: number): Mark[] {
  const policy = windowed(window);
  const marks: Mark[] = [adoptMark(policy, duty, null, unitNumber(duty, 5), fresh().attempt, '')];
  for (const each of claims) {
    const decision = ask(marks.at(-1) ?? null, each, { policy, ...fresh() });
    if (decision.outcome === 'grant' && decision.next !== null) marks.push(decision.next);
  }
  return marks;
}

for (const duty of DUTIES) {
  const history = fc.tuple(fc.array(anyClaim(duty), { maxLength: 30 }), fc.integer({ min: 1, max: 4 }));

  test(`for every history: ${duty.name}: a store that went on explains every earlier point, at worst as a gap`, () => {
    fc.assert(
      fc.property(history, ([claims, window]) => {
        const marks = points(duty, claims, window);
        for (const [index, earlier] of marks.entries())
          for (const later of marks.slice(index)) {
            const how = by(later, pointOf(earlier));
            assert.notEqual(how, 'none', `${index}`);
            // A gap says at least that the unit itself can never be granted again.
            const unit: Unit | null = pointOf(earlier).unit;
            if (how === 'gap' && unit !== null) {
              const again = ask(later, sampleClaim(duty, unit), { policy: windowed(window) });
              assert.equal(again.reason, 'below-floor');
            }
          }
      }),
      { numRuns: 60 },
    );
  });

  test(`for every history: ${duty.name}: a store that went back explains a lost grant only if its floor denies it`, () => {
    fc.assert(
      fc.property(anyMark(duty), history, ({ mark }, [claims]) => {
        const lost = points(duty, claims, 4).at(-1) ?? assert.fail();
        const point = pointOf(lost);
        if (by(mark, point) !== 'floor') return;
        const top = topOf(lost) ?? assert.fail();
        assert.equal(ask(mark, sampleClaim(duty, top)).reason, 'below-floor');
      }),
      { numRuns: 60 },
    );
  });
}

/** A recovery ends the epoch of a ledger: protocol section 2. Here `epoch-1` was ended, `epoch-2` is next. */

const VOIDED: ReadonlySet<string> = new Set(['epoch-1']);
const before = take(adopted(babe), sampleClaim(babe, [7n]));
const point = pointOf(before);
const recovered = (floor: bigint) =>
  adoptMark(samplePolicy(), babe, null, [floor], sampleAttempt({ epoch: 'epoch-2' }), 'a recovery');

describe('a point of an epoch that was ended', () => {
  test('is explained by a floor of the present epoch at or above its top, and by nothing less', () => {
    const by = (floor: bigint) => explains(recovered(floor), 'epoch-2', point, VOIDED);
    assert.deepEqual([by(6n), by(7n), by(8n)], ['none', 'floor', 'floor']);
    const same = { ...recovered(6n), lastHash: point.hash, adoption: point.hash, recent: before.recent };
    assert.equal(explains(same, 'epoch-2', point, VOIDED), 'none', 'the same entry in another epoch');
  });

  test('is explained by a mark of the same epoch as ever, until the key is adopted again', () => {
    assert.equal(explains(before, 'epoch-2', point, VOIDED), 'lineage');
    assert.equal(explains(before, 'epoch-2', point), 'none', 'no recovery ended that epoch');
    const other = { ...before, epoch: 'epoch-0' };
    assert.equal(explains(other, 'epoch-2', point, new Set(['epoch-0', 'epoch-1'])), 'none');
  });

  test('of the present epoch a point is judged as ever, whatever epochs were ended', () => {
    const mark = take(recovered(3n), sampleClaim(babe, [7n]), {
      attempt: sampleAttempt({ epoch: 'epoch-2', nonce: 'n-1' }),
    });
    assert.equal(explains(mark, 'epoch-2', pointOf(mark), VOIDED), 'lineage');
    assert.equal(explains(mark, 'epoch-2', pointOf(mark), new Set(['epoch-2'])), 'lineage');
    assert.equal(explains(mark, 'epoch-2', { ...point, epoch: 'epoch-9' }, VOIDED), 'none');
  });
});
