import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DUTIES, type Freeze, isAdopted, type Policy } from './index.ts';
import { always } from './testing/always.ts';
import { unitNumber } from './testing/grown-marks.ts';
import { adopted, ask, digestOf, dutyNamed, sampleClaim, samplePolicy, take } from './testing/samples.ts';

const FREEZE: Freeze = {
  before: 'enforce',
  cause: 'operator',
  by: 'ada',
  reason: 'a second machine may have the keys',
  atMs: 1_000,
  evidence: null,
  lifted: null,
};

const frozen = (policy: Policy, freeze: Freeze = FREEZE): Policy => ({ ...policy, mode: 'frozen', freeze });

always('a frozen key is granted at most the votes that were granted before', ({ mark, policy }, claim) => {
  const before = ask(mark, claim, { policy });
  const after = ask(mark, claim, { policy: frozen(policy) });
  if (before.outcome === 'deny') return assert.deepEqual(after, before);
  if (after.outcome === 'grant') {
    assert.deepEqual(after, before);
    assert.equal(after.reason, 'repeat');
    assert.equal(after.next, null);
    assert.equal(claim.duty.repeat, 'same-digest');
    return assert.ok(!claim.parts.includes('enter'));
  }
  assert.equal(after.outcome, 'deny');
  return assert.equal(after.reason, 'key-frozen');
});

test('the denial names who froze the key and why, as far as the policy says it', () => {
  const duty = dutyNamed('babe');
  const denied = (policy: Policy) => ask(adopted(duty), sampleClaim(duty, unitNumber(duty, 20)), { policy });
  const expected = (detail: string) => ({ outcome: 'deny', reason: 'key-frozen', detail });
  assert.deepEqual(denied(frozen(samplePolicy())), expected(`frozen by ada: ${FREEZE.reason}`));
  const unsaid: Policy = { ...samplePolicy(), mode: 'frozen' };
  assert.deepEqual(denied(unsaid), expected('frozen by an operator: '));
});

test('a granted vote is repeated, a granted seal and the other parts of the unit are not', () => {
  for (const duty of DUTIES) {
    const part = duty.parts.find((one) => one !== 'enter') ?? 'seal';
    const claim = sampleClaim(duty, unitNumber(duty, 20), { parts: [part] });
    const mark = take(adopted(duty), claim);
    const policy = frozen(samplePolicy());
    const expected = duty.repeat === 'same-digest' ? 'repeat' : 'key-frozen';
    // A heartbeat has no digest and is never granted again, frozen or not.
    if (duty.digestBytes > 0) assert.equal(ask(mark, claim, { policy }).reason, expected, duty.name);
    const other = duty.parts.find((one) => one !== 'enter' && one !== part);
    if (other === undefined) continue;
    const next = { ...claim, parts: [other], digest: digestOf(duty, 'B') };
    assert.equal(ask(mark, next, { policy }).reason, 'key-frozen', `${duty.name} ${other}`);
    assert.equal(ask(mark, next).reason, 'new');
  }
});

test('an enter is not repeated: the node abstains from the round', () => {
  for (const duty of DUTIES.filter(({ parts }) => parts.includes('enter'))) {
    const claim = sampleClaim(duty, unitNumber(duty, 20), { parts: ['enter'], digest: null, term: 1n });
    const mark = take(adopted(duty), claim);
    assert.equal(ask(mark, claim).reason, 'repeat');
    assert.equal(ask(mark, claim, { policy: frozen(samplePolicy()) }).reason, 'key-frozen');
  }
});

test('a key that was frozen before it was adopted is still not adopted', () => {
  const idle = { ...FREEZE, before: 'idle' } as const;
  assert.equal(isAdopted(frozen(samplePolicy(), idle)), false);
  assert.equal(isAdopted(frozen(samplePolicy())), true);
  assert.equal(isAdopted({ mode: 'frozen' }), true);
  assert.equal(isAdopted({ mode: 'idle' }), false);
});
