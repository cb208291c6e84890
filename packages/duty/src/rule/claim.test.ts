import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Claim, claimProblem, DUTIES } from './index.ts';
import { adopted, ask, digestOf, dutyNamed, sampleClaim, signedParts } from './testing/samples.ts';

const babe = dutyNamed('babe');
const grandpa = dutyNamed('grandpa');
const beefy = dutyNamed('beefy');
const imOnline = dutyNamed('im-online');
const vote = { parts: ['prevote'] as const };

for (const duty of DUTIES) {
  const unit = duty.fields.map(() => 7n);
  test(`a claim that fits its duty has no problem: ${duty.name}`, () => {
    for (const part of duty.parts) {
      assert.equal(claimProblem(sampleClaim(duty, unit, { parts: [part] })), null, part);
      const without = sampleClaim(duty, unit, { parts: [part], digest: null });
      assert.equal(claimProblem(without), null, `${part} without a digest`);
    }
    const original = { parts: duty.parts, digest: null, term: null, strictlyIncreasing: true };
    assert.equal(claimProblem(sampleClaim(duty, unit, original)), null, 'all parts at once');
    const digest = digestOf(duty, 'A');
    assert.equal(claimProblem(sampleClaim(duty, unit, { parts: signedParts(duty), digest })), null);
  });
}

const digest = 'ab'.repeat(32);
const cases: readonly [string, Claim, string, RegExp][] = [
  ['too few fields', sampleClaim(grandpa, [1n]), 'unit', /2 fields/],
  ['too many fields', sampleClaim(babe, [1n, 2n]), 'unit', /1 fields/],
  ['no fields', sampleClaim(babe, []), 'unit', /1 fields/],
  ['a field beyond its width', sampleClaim(beefy, [1n, 1n << 32n]), 'unit', /32 bits/],
  ['a negative field', sampleClaim(babe, [-1n]), 'unit', /64 bits/],
  ['no part', sampleClaim(babe, [1n], { parts: [] }), 'parts', /at least one/],
  ['a part twice', sampleClaim(grandpa, [1n, 1n], { parts: ['prevote', 'prevote'] }), 'parts', /twice/],
  ['a part of another duty', sampleClaim(babe, [1n], { parts: ['vote'] }), 'parts', /babe has no part vote/],
  ['enter of a duty without it', sampleClaim(babe, [1n], { parts: ['enter'] }), 'parts', /no part enter/],
  ['a short digest', sampleClaim(babe, [1n], { digest: 'ab'.repeat(31) }), 'digest', /32 bytes/],
  ['a long digest', sampleClaim(babe, [1n], { digest: 'ab'.repeat(33) }), 'digest', /32 bytes/],
  ['half a byte too few', sampleClaim(babe, [1n], { digest: digest.slice(1) }), 'digest', /32 bytes/],
  ['an empty digest', sampleClaim(babe, [1n], { digest: '' }), 'digest', /32 bytes/],
  ['an upper-case digest', sampleClaim(babe, [1n], { digest: 'AB'.repeat(32) }), 'digest', /lower-case/],
  ['a digest with 0x', sampleClaim(babe, [1n], { digest: `0x${digest.slice(2)}` }), 'digest', /hex/],
  ['a digest with a line end', sampleClaim(babe, [1n], { digest: `${digest.slice(1)}\n` }), 'digest', /hex/],
  ['a slot digest on a vote', sampleClaim(grandpa, [1n, 1n], { ...vote, digest }), 'digest', /40 bytes/],
  ['a digest where none is bound', sampleClaim(imOnline, [1n], { digest: 'ab' }), 'digest', /no digest/],
  [
    'a digest on an enter',
    sampleClaim(grandpa, [1n, 1n], { parts: ['enter'], digest: digestOf(grandpa, 'A') }),
    'digest',
    /signs nothing/,
  ],
  [
    'an enter without a term',
    sampleClaim(grandpa, [1n, 1n], { parts: ['enter'], term: null }),
    'term',
    /needs/,
  ],
  [
    'an enter below every term',
    sampleClaim(grandpa, [1n, 1n], { parts: ['enter'], term: -1n }),
    'term',
    /negative/,
  ],
  ['a vote with a term', sampleClaim(grandpa, [1n, 1n], { ...vote, term: 1n }), 'term', /only enter/],
  ['a seal with a term', sampleClaim(babe, [1n], { term: 0n }), 'term', /only enter/],
];
for (const [what, claim, field, why] of cases) {
  test(`a claim that does not fit its duty is denied and leaves nothing behind: ${what}`, () => {
    const problem = claimProblem(claim);
    assert.equal(problem?.field, field);
    assert.match(problem?.why ?? '', why);
    const decision = ask(adopted(claim.duty), claim);
    assert.deepEqual([decision.outcome, decision.reason], ['deny', 'invalid-claim']);
    assert.ok(decision.outcome === 'deny' && decision.detail.startsWith(`${field}: `));
  });
}
