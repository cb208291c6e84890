import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  type Base,
  dutyNamed,
  type Freeze,
  NO_BASE,
  type Part,
  type Policy,
  type Unit,
} from '../../rule/index.ts';
import { adopted, claimWith, FREE, grantedIn, IDENTITY, policyOf, SEAL } from '../claim/testing/claim.ts';
import { policyDocument } from '../testing/services.ts';
import { START_MS } from '../testing/world.ts';
import {
  judgeEquivocation,
  judgeSignature,
  type Records,
  type SeenPart,
  wasCleared,
} from './judge-signature.ts';

/** Slot 3600 begins at `START_MS`; the allowed skew is an hour. */
const BABE = SEAL.duty;
const VOTE = claimWith({ dutyName: 'grandpa', parts: ['prevote'], digest: 'aa'.repeat(40), term: null });
const POLICY = policyOf();
const [A, B] = ['aa'.repeat(40), 'bb'.repeat(40)];

const sealOf = (slot: bigint, byte = '66'): SeenPart => ({
  duty: BABE,
  unit: [slot],
  part: 'seal',
  digest: byte.repeat(32),
});
const voteOf = (unit: Unit, part: Part, digest: string): SeenPart => ({
  duty: VOTE.duty,
  unit,
  part,
  digest,
});
const line = (part: Part, digest: string | null) => ({ part, digest, nonce: 'n', service: 's' });
const records = (change: Partial<Records> = {}): Records => ({
  epoch: IDENTITY.epoch,
  mark: FREE.mark,
  own: [],
  base: NO_BASE,
  nowMs: START_MS,
  ...change,
});
const judge = (seen: SeenPart, change: Partial<Records> = {}, policy: Policy = POLICY) => {
  const found = judgeSignature(policy, seen, records(change));
  return `${found.kind}: ${found.why}`;
};

const NOT_GRANTED = 'proof: no service granted it';
const GRANTED = 'granted: this payload was granted';

describe('a signature rests on a grant', () => {
  const { mark } = grantedIn(FREE, SEAL, 'n1');

  test('of the mark, or of an entry that this service still has', () => {
    assert.equal(judge(sealOf(1n, '01'), { mark }), GRANTED);
    assert.equal(judge(sealOf(1n, '01'), { own: [line('seal', '01'.repeat(32))] }), GRANTED);
    const left = { ...FREE.mark, floor: [9n] };
    assert.equal(judge(sealOf(1n, '01'), { mark: left, own: [line('seal', '01'.repeat(32))] }), GRANTED);
  });

  test('without a digest it may be any payload', () => {
    const why = 'granted: the unit was granted without a digest';
    assert.equal(judge(sealOf(1n), { own: [line('seal', null)] }), why);
  });

  test('of the same part: what other parts were granted says nothing', () => {
    const voted = grantedIn(adopted(VOTE), VOTE, 'n2').mark;
    const [unit] = [VOTE.unit];
    assert.equal(judge(voteOf(unit, 'prevote', A), { mark: voted }), GRANTED);
    assert.equal(judge(voteOf(unit, 'precommit', A), { mark: voted }), NOT_GRANTED);
    assert.equal(
      judge(voteOf(unit, 'precommit', A), { mark: voted, own: [line('prevote', A)] }),
      NOT_GRANTED,
    );
  });
});

describe('a signature is proof of another signer', () => {
  test('if another payload was granted for its unit, whatever left the mark', () => {
    const own = [line('seal', '01'.repeat(32))];
    const other = `0x${'01'.repeat(32)}`;
    for (const mark of [FREE.mark, { ...FREE.mark, floor: [9n] }])
      assert.deepEqual(judgeSignature(POLICY, sealOf(1n), records({ mark, own })), {
        kind: 'proof',
        why: `the ledger granted ${other} for it`,
        granted: other,
      });
  });

  test('if its unit has no grant, above the floor', () => {
    assert.deepEqual(judgeSignature(POLICY, sealOf(1n), records()), {
      kind: 'proof',
      why: 'no service granted it',
      granted: null,
    });
    const mark = { ...FREE.mark, floor: [5n] };
    const left = 'unknown: the unit left the mark; this service has no entry of it';
    assert.deepEqual([judge(sealOf(5n), { mark }), judge(sealOf(6n), { mark })], [left, NOT_GRANTED]);
  });
});

describe('the ledger says nothing', () => {
  test('about a key that was never adopted', () => {
    assert.equal(judge(sealOf(1n), { mark: null }), 'unknown: the key was never adopted');
    const idle: Policy = { ...POLICY, mode: 'idle' };
    assert.equal(judge(sealOf(1n), {}, idle), 'unknown: the key was never adopted');
  });

  test('about a mark of another epoch, or one that counts units another way', () => {
    assert.equal(judge(sealOf(1n), { epoch: 'other' }), 'unknown: the mark is of an older epoch');
    const other = { ...FREE.mark, meaning: 'another one' };
    assert.equal(judge(sealOf(1n), { mark: other }), 'unknown: the mark counts units another way');
  });

  test('about a slot ahead of the clock and the skew', () => {
    const ahead = 'unknown: slot 7201 lies ahead of the clock of this service';
    assert.deepEqual([judge(sealOf(7_200n)), judge(sealOf(7_201n))], [NOT_GRANTED, ahead]);
    const far = voteOf([9_000_000n, 1n], 'prevote', A);
    assert.equal(judge(far, { mark: adopted(VOTE).mark }), NOT_GRANTED, 'rounds are no slots');
  });

  test('about a unit that an earlier start of the service may have granted', () => {
    const why = 'unknown: an earlier start of this service may have granted the unit';
    const base: Base = { kind: 'at', highest: [[10n]] };
    assert.deepEqual([judge(sealOf(10n), { base }), judge(sealOf(11n), { base })], [why, NOT_GRANTED]);
    assert.equal(judge(sealOf(11n), { base: { kind: 'unknown', why: 'silence' } }), why);
  });

  test('about a unit from before a lift', () => {
    const freeze = { lifted: { by: 'ada', reason: 'r', atMs: START_MS } } as unknown as Freeze;
    const why = 'unknown: a person lifted a freeze after this unit began';
    const lifted = { ...POLICY, freeze };
    assert.deepEqual(
      [judge(sealOf(3_600n), {}, lifted), judge(sealOf(3_601n), {}, lifted)],
      [why, NOT_GRANTED],
    );
  });

  test('about a unit above the last one of the policy: another ledger may grant it', () => {
    const ends = policyOf({
      duties: { babe: { enabled: true, digestRequired: true, window: 1, lastUnit: '5' } },
    });
    const why = 'unknown: another ledger may grant the unit';
    assert.deepEqual([judge(sealOf(5n), {}, ends), judge(sealOf(6n), {}, ends)], [NOT_GRANTED, why]);
  });

  test('about a duty that is off, that is not compared or has no such part', () => {
    const off = policyOf({ duties: { babe: { enabled: false, digestRequired: true, window: 1 } } });
    const why = 'unknown: the duty is off: another signer may perform it';
    assert.equal(judge(sealOf(1n), {}, off), why);
    assert.equal(judge(sealOf(1n), {}, policyOf({ duties: {} })), why);
    const heartbeat = dutyNamed('im-online') ?? assert.fail();
    for (const [duty, part] of [
      [heartbeat, 'heartbeat'],
      [VOTE.duty, 'seal'],
      [BABE, 'prevote'],
    ] as const)
      assert.equal(
        judge({ duty, unit: duty.fields.map(() => 1n), part, digest: A }),
        `unknown: ${duty.name} is not compared`,
      );
  });

  test('about rounds where the policy counts them without their set', () => {
    const wire = policyDocument().originalWire;
    const unscoped = { ...wire, roundScope: 'unscoped' } as const;
    const judged = (originalWire: Policy['originalWire'], claim = VOTE) => {
      const policy = policyOf({ originalWire });
      const seen = claim === VOTE ? voteOf([0n, 1n], 'prevote', A) : sealOf(1n);
      return judge(seen, { mark: adopted(claim, policy).mark }, policy);
    };
    const why = 'unknown: the policy counts rounds without their set';
    assert.equal(judged({ ...unscoped, enabled: true }), why);
    assert.equal(judged({ ...unscoped, enabled: false }), NOT_GRANTED, 'the original protocol is off');
    assert.equal(judged({ ...wire, enabled: true }), NOT_GRANTED, 'it counts rounds with their set');
    assert.equal(judged({ ...unscoped, enabled: true }, SEAL), NOT_GRANTED, 'slots have no set');
  });
});

describe('an equivocation that the chain recorded', () => {
  const seen = { duty: BABE, unit: [1n], part: 'seal' } as const;

  test('is proof, unless both payloads are the same', () => {
    assert.deepEqual(judgeEquivocation(POLICY, seen, [A, B]), {
      kind: 'proof',
      why: 'the chain recorded two signatures for it',
      granted: null,
    });
    const same = judgeEquivocation(POLICY, seen, [A, A]);
    assert.deepEqual(same, { kind: 'unknown', why: 'both payloads are the same' });
  });

  test('says nothing about what the policy does not cover, or from before a lift', () => {
    const idle = judgeEquivocation({ ...POLICY, mode: 'idle' }, seen, [A, B]);
    assert.deepEqual(idle, { kind: 'unknown', why: 'the key was never adopted' });
    const freeze = { lifted: { by: 'ada', reason: 'r', atMs: START_MS } } as unknown as Freeze;
    const cleared = judgeEquivocation({ ...POLICY, freeze }, seen, [A, B]);
    assert.deepEqual(cleared, { kind: 'unknown', why: 'a person lifted a freeze after this unit' });
  });
});

describe('a unit was cleared by a lift', () => {
  const liftedWith = (round?: string) =>
    ({
      ...POLICY,
      freeze: {
        lifted: { by: 'ada', reason: 'r', atMs: START_MS, ...(round === undefined ? {} : { round }) },
      },
    }) as unknown as Policy;

  test('if its slot had begun', () => {
    assert.equal(wasCleared(liftedWith(), BABE, [3_600n]), true);
    assert.equal(wasCleared(liftedWith(), BABE, [3_601n]), false);
  });

  test('if its round was at or below the last one of the lift, in its set', () => {
    const cleared = (unit: Unit) => wasCleared(liftedWith('3/21'), VOTE.duty, unit);
    assert.deepEqual([cleared([3n, 21n]), cleared([3n, 22n]), cleared([2n, 99n])], [true, false, true]);
    assert.equal(wasCleared(liftedWith(), VOTE.duty, [0n, 1n]), false, 'a lift without a round');
    assert.equal(wasCleared(liftedWith('x'), VOTE.duty, [0n, 1n]), false, 'a round that cannot be read');
  });
});
