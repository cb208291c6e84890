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
const LIFTED = { by: 'ada', reason: 'r', atMs: START_MS };
const liftedWith = (round: object = {}): Policy =>
  ({ ...POLICY, freeze: { lifted: { ...LIFTED, ...round } } as unknown as Freeze }) as Policy;

describe('a signature rests on a grant', () => {
  test('of the mark, or of an entry that this service still has', () => {
    const own = [line('seal', '01'.repeat(32))];
    const left = { ...FREE.mark, floor: [9n] };
    for (const found of [{ mark: grantedIn(FREE, SEAL, 'n1').mark }, { own }, { mark: left, own }])
      assert.equal(judge(sealOf(1n, '01'), found), GRANTED);
  });

  test('without a digest it may be any payload', () => {
    const why = 'granted: the unit was granted without a digest';
    assert.equal(judge(sealOf(1n), { own: [line('seal', null)] }), why);
  });

  test('of the same part: what other parts were granted says nothing', () => {
    const { mark } = grantedIn(adopted(VOTE), VOTE, 'n2');
    const voted = (part: Part, own: Records['own'] = []) => judge(voteOf(VOTE.unit, part, A), { mark, own });
    assert.deepEqual([voted('prevote'), voted('precommit')], [GRANTED, NOT_GRANTED]);
    assert.equal(voted('precommit', [line('prevote', A)]), NOT_GRANTED);
  });
});

describe('a signature is proof of another signer', () => {
  test('if another payload was granted for its unit, whatever left the mark', () => {
    const own = [line('seal', '01'.repeat(32))];
    const granted = `0x${'01'.repeat(32)}`;
    const proof = { kind: 'proof', why: `the ledger granted ${granted} for it`, granted };
    for (const mark of [FREE.mark, { ...FREE.mark, floor: [9n] }])
      assert.deepEqual(judgeSignature(POLICY, sealOf(1n), records({ mark, own })), proof);
  });

  test('if its unit has no grant, above the floor', () => {
    const proof = { kind: 'proof', why: 'no service granted it', granted: null };
    assert.deepEqual(judgeSignature(POLICY, sealOf(1n), records()), proof);
    const mark = { ...FREE.mark, floor: [5n] };
    const left = 'unknown: the unit left the mark; this service has no entry of it';
    assert.deepEqual([judge(sealOf(5n), { mark }), judge(sealOf(6n), { mark })], [left, NOT_GRANTED]);
  });
});

/** A slot of the key, and the facts by which it is judged. */
interface Slot {
  readonly slot?: bigint;
  readonly records?: Partial<Records>;
  readonly policy?: Policy;
}
const dutiesOf = (change: object) =>
  policyOf({ duties: { babe: { enabled: true, digestRequired: true, window: 1, ...change } } });
const base: Base = { kind: 'at', highest: [[10n]] };

describe('the ledger says nothing', () => {
  const cases: Readonly<Record<string, readonly (readonly [Slot, why: string | null])[]>> = {
    'about a key that was never adopted': [
      [{ records: { mark: null } }, 'the key was never adopted'],
      [{ policy: { ...POLICY, mode: 'idle' } }, 'the key was never adopted'],
    ],
    'about a mark of another epoch, or one that counts units another way': [
      [{ records: { epoch: 'other' } }, 'the mark is of an older epoch'],
      [{ records: { mark: { ...FREE.mark, meaning: 'another one' } } }, 'the mark counts units another way'],
    ],
    'about a slot ahead of the clock and the skew': [
      [{ slot: 7_200n }, null],
      [{ slot: 7_201n }, 'slot 7201 lies ahead of the clock of this service'],
    ],
    'about a unit that an earlier start of the service may have granted': [
      [{ slot: 10n, records: { base } }, 'an earlier start of this service may have granted the unit'],
      [{ slot: 11n, records: { base } }, null],
      [
        { slot: 11n, records: { base: { kind: 'unknown', why: 'silence' } } },
        'an earlier start of this service may have granted the unit',
      ],
    ],
    'about a unit from before a lift': [
      [{ slot: 3_600n, policy: liftedWith() }, 'a person lifted a freeze after this unit began'],
      [{ slot: 3_601n, policy: liftedWith() }, null],
    ],
    'about a unit above the last one of the policy': [
      [{ slot: 5n, policy: dutiesOf({ lastUnit: '5' }) }, null],
      [{ slot: 6n, policy: dutiesOf({ lastUnit: '5' }) }, 'another ledger may grant the unit'],
    ],
    'about a duty that is off': [
      [{ policy: dutiesOf({ enabled: false }) }, 'the duty is off: another signer may perform it'],
      [{ policy: policyOf({ duties: {} }) }, 'the duty is off: another signer may perform it'],
    ],
  };
  for (const [name, rows] of Object.entries(cases))
    test(name, () => {
      for (const [{ slot = 1n, records: found, policy }, why] of rows)
        assert.equal(judge(sealOf(slot), found, policy), why === null ? NOT_GRANTED : `unknown: ${why}`);
    });

  test('about a duty that is not compared or has no such part', () => {
    const heartbeat = dutyNamed('im-online') ?? assert.fail();
    for (const [duty, part] of [
      [heartbeat, 'heartbeat'],
      [VOTE.duty, 'seal'],
      [BABE, 'prevote'],
    ] as const) {
      const unit = duty.fields.map(() => 1n);
      assert.equal(judge({ duty, unit, part, digest: A }), `unknown: ${duty.name} is not compared`);
    }
  });

  test('about rounds where the policy counts them without their set', () => {
    const judged = (change: Partial<Policy['originalWire']>, seen: SeenPart, claim = VOTE) => {
      const unscoped = { ...policyDocument().originalWire, enabled: true, roundScope: 'unscoped' } as const;
      const policy = policyOf({ originalWire: { ...unscoped, ...change } });
      return judge(seen, { mark: adopted(claim, policy).mark }, policy);
    };
    const round = voteOf([0n, 1n], 'prevote', A);
    assert.equal(judged({}, round), 'unknown: the policy counts rounds without their set');
    assert.equal(judged({ enabled: false }, round), NOT_GRANTED, 'the original protocol is off');
    assert.equal(judged({ roundScope: 'node-set' }, round), NOT_GRANTED, 'it counts rounds with their set');
    assert.equal(judged({}, sealOf(1n), SEAL), NOT_GRANTED, 'slots have no set');
    const far = voteOf([9_000_000n, 1n], 'prevote', A);
    assert.equal(
      judge(far, { mark: adopted(VOTE).mark }),
      NOT_GRANTED,
      'rounds are no slots ahead of the clock',
    );
  });
});

test('an equivocation that the chain recorded is proof, unless the policy or the payloads say otherwise', () => {
  const seen = { duty: BABE, unit: [1n], part: 'seal' } as const;
  const two = 'the chain recorded two signatures for it';
  for (const [policy, second, finding] of [
    [POLICY, B, { kind: 'proof', why: two, granted: null }],
    [POLICY, A, { kind: 'unknown', why: 'both payloads are the same' }],
    [{ ...POLICY, mode: 'idle' }, B, { kind: 'unknown', why: 'the key was never adopted' }],
    [liftedWith(), B, { kind: 'unknown', why: 'a person lifted a freeze after this unit' }],
  ] as const)
    assert.deepEqual(judgeEquivocation(policy, seen, [A, second]), finding);
});

test('a unit was cleared by a lift if its slot had begun, or its round was at or below the one of the lift', () => {
  const { duty } = VOTE;
  for (const [round, of, unit, isCleared] of [
    [{}, BABE, [3_600n], true],
    [{}, BABE, [3_601n], false],
    [{ round: '3/21' }, duty, [3n, 21n], true],
    [{ round: '3/21' }, duty, [3n, 22n], false],
    [{ round: '3/21' }, duty, [2n, 99n], true],
    [{}, duty, [0n, 1n], false],
    [{ round: 'x' }, duty, [0n, 1n], false],
  ] as const)
    assert.equal(wasCleared(liftedWith(round), of, unit), isCleared, `${Object.values(round)} ${unit}`);
});
