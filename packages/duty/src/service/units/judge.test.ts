import assert from 'node:assert/strict';
import test from 'node:test';
import { DUTIES, type Duty } from '../../rule/index.ts';
import { type ClaimFact, STEPS, type StepName, type UnitFacts } from '../shapes/units.ts';
import { policyDocument } from '../testing/services.ts';
import { GRACE_MS, type JudgeContext, judgeUnit } from './judge.ts';
import { mergeFacts } from './merge.ts';

const SLOT_MS = 6_000;
const SLOT = 1_000;
const AT = SLOT * SLOT_MS;
const [DIGEST, OTHER] = [`0x${'5f'.repeat(32)}`, `0x${'77'.repeat(32)}`];

function dutyOf(name: string): Duty {
  const duty = DUTIES.find((each) => each.name === name);
  assert.ok(duty);
  return duty;
}

const stepsOf = (ms: Partial<Record<StepName, number>>) => STEPS.map((name) => ({ name, ms: ms[name] ?? 0 }));

function claim(change: Partial<ClaimFact> = {}): ClaimFact {
  return {
    node: 'alpha',
    parts: ['seal'],
    outcome: 'granted',
    reason: 'new',
    digest: DIGEST,
    atMs: AT + 10,
    tookMs: 4,
    steps: stepsOf({ store: 3, flush: 1 }),
    ...change,
  };
}

const denied = (reason: ClaimFact['reason'], change: Partial<ClaimFact> = {}) =>
  claim({ outcome: 'denied', reason, ...change });

function judge(change: Partial<UnitFacts>, context: Partial<JudgeContext> = {}) {
  const facts = { duty: 'babe', unit: `${SLOT}`, atMs: AT, due: false, claims: [], seen: null, passed: null };
  const { ceilings, key } = policyDocument();
  const policy = { key, ceilings: { ...ceilings, genesisMs: 0, slotMs: SLOT_MS } };
  const all = { policy, duty: dutyOf('babe'), nowMs: AT + 3_600_000, complete: true, ...context };
  return judgeUnit({ ...facts, ...change }, all);
}

test('signed: an observer saw the block, whatever else is known', () => {
  const view = judge({ claims: [denied('not-ready', { node: 'bravo' }), claim()], seen: DIGEST });
  const { outcome, missed, node, digest, seenDigest, at, unit } = view;
  const shown = [outcome, missed, node, digest, seenDigest, at, unit];
  assert.deepEqual(shown, ['signed', false, 'alpha', DIGEST, DIGEST, AT, { slot: '1000' }]);
  assert.equal(judge({ claims: [claim()], seen: DIGEST }, { nowMs: AT }).outcome, 'signed', 'also at once');
  const without = judge({ seen: OTHER });
  assert.equal(without.outcome, 'signed');
  assert.match(`${without.say} ${without.remedy}`, /no service that answered has a grant.*unknown-signature/);
});

test('denied: the reason and its remedy; a node that has no part in the unit is not the cause', () => {
  const taken = denied('unit-taken', { node: 'bravo', atMs: AT + 1 });
  const view = judge({ claims: [taken, denied('not-ready')], passed: { author: null } });
  assert.deepEqual(
    [view.outcome, view.missed, view.reason, view.node],
    ['denied', true, 'not-ready', 'alpha'],
  );
  assert.match(view.say, /^Node alpha asked and was denied: The node has not reported that it is fit/);
  assert.match(view.remedy ?? '', /^Look at the readiness report/);
  assert.equal(judge({ claims: [taken] }).reason, 'unit-taken');
  assert.equal(judge({ claims: [taken] }, { complete: false }).outcome, 'unknown');
  const later = judge({ claims: [denied('a-later-reason' as 'not-ready')] });
  assert.match(later.say, /The reason is `a-later-reason`/);
});

test('late: after two thirds of the slot, or past the unit', () => {
  const late = judge({ claims: [claim({ atMs: AT + 4_001 })], passed: { author: null } });
  assert.deepEqual([late.outcome, late.reason], ['late', undefined]);
  assert.match(late.say, /^Node alpha asked 4001 ms after the slot began/);
  assert.equal(judge({ claims: [claim({ atMs: AT + 4_000 })], passed: { author: null } }).outcome, 'unseen');
  const past = judge({ claims: [denied('unit-past')] });
  assert.deepEqual([past.outcome, past.reason], ['late', 'unit-past']);
});

test('the slot of a relay parent may be over when a collator asks, and one slot has several blocks', () => {
  const unit = { duty: 'aura-parachain', unit: `${SLOT}/7/${2n ** 64n - 1n}` };
  const late = claim({ atMs: AT + 2 * SLOT_MS });
  const context = { duty: dutyOf('aura-parachain') };
  const of = (change: Partial<UnitFacts>) => judge({ ...unit, claims: [late], ...change }, context);
  const view = of({ seen: DIGEST });
  assert.deepEqual(view.unit, { slot: `${SLOT}`, number: '7', relayParent: `${2n ** 64n - 1n}` });
  assert.equal(view.outcome, 'signed');
  assert.equal(of({ passed: null }).outcome, 'unknown');
  assert.equal(of({ passed: { author: '0xother' } }).outcome, 'other-author');
  // Another block of the same key has the slot, for example on another relay parent.
  assert.equal(of({ passed: { author: policyDocument().key } }).outcome, 'unseen');
});

test('slow: no answer in time, or a grant after a third of the slot; the steps say where', () => {
  const steps = stepsOf({ queue: 1, store: 3_900 });
  const silent = judge({ claims: [claim({ outcome: 'unknown', reason: 'deadline', tookMs: 3_990, steps })] });
  assert.deepEqual([silent.outcome, silent.reason], ['slow', 'deadline']);
  assert.match(silent.say, /The longest step is store, 3900 ms\.$/);
  const grant = judge({ claims: [claim({ tookMs: 2_100, steps })] });
  assert.deepEqual([grant.outcome, grant.reason], ['slow', undefined]);
  // A standby waits on purpose.
  const standby = claim({ tookMs: 2_100, steps: stepsOf({ wait: 2_000, store: 5 }) });
  assert.equal(judge({ claims: [standby], passed: { author: null } }).outcome, 'unseen');
});

test('other author, unseen, and granted while no observer looked', () => {
  assert.equal(judge({ claims: [claim()], passed: { author: '0xother' } }).outcome, 'other-author');
  const unseen = judge({ claims: [claim()], passed: { author: null } });
  assert.deepEqual([unseen.outcome, unseen.missed], ['unseen', true]);
  assert.equal(unseen.steps?.length, 4);
  const unknown = judge({ claims: [claim()] });
  assert.deepEqual([unknown.outcome, unknown.missed, unknown.remedy], ['unknown', false, undefined]);
  assert.match(unknown.say, /no observer followed the chain/);
});

test('not asked only if the unit was due and every service answered', () => {
  const view = judge({ due: true, passed: { author: null } });
  assert.deepEqual([view.outcome, view.missed, view.node], ['not-asked', true, undefined]);
  assert.equal(judge({ due: true }, { complete: false }).outcome, 'unknown');
  assert.equal(judge({ due: false }).outcome, 'unknown', 'a primary slot of BABE');
});

test('a unit is judged half a minute after its start at the earliest', () => {
  assert.equal(judge({ due: true }, { nowMs: AT + GRACE_MS - 1 }).outcome, 'unknown');
  assert.equal(judge({ due: true }, { nowMs: AT + GRACE_MS }).outcome, 'not-asked');
});

test('a round: the last part decides, and a vote that no observer saw is unknown', () => {
  const round = (claims: readonly ClaimFact[], seen: string | null = null) =>
    judge({ duty: 'grandpa', unit: '1/5', claims, seen }, { duty: dutyOf('grandpa') });
  const enter = claim({ parts: ['enter'], digest: null });
  const precommit = claim({ parts: ['precommit'], atMs: AT + 5_000 });
  assert.deepEqual(round([precommit]).unit, { set: '1', round: '5' });
  assert.equal(round([precommit]).outcome, 'unknown');
  assert.equal(round([precommit], DIGEST).outcome, 'signed');
  assert.match(round([enter]).say, /asked for no precommit/);
  const refused = denied('digest-differs', { parts: ['prevote'], atMs: AT + 2_000 });
  assert.deepEqual(
    [round([enter, refused]).outcome, round([enter, refused]).reason],
    ['denied', 'digest-differs'],
  );
  const off = denied('off-watch', { node: 'bravo', parts: ['enter'] });
  assert.match(round([off]).say, /^Only standby nodes asked, for example bravo/);
  assert.equal(round([off]).outcome, 'not-asked');
});

test('the facts of two services are one unit: a claim at the other service is a claim', () => {
  const facts = (change: Partial<UnitFacts>): UnitFacts => ({
    ...{ duty: 'babe', unit: `${SLOT}`, atMs: AT, due: false, claims: [], seen: null, passed: null },
    ...change,
  });
  const here = facts({ due: true, atMs: AT + 9_000, passed: { author: null } });
  const there = facts({ claims: [denied('key-frozen')] });
  const [merged, ...rest] = mergeFacts([here, there, facts({ unit: '7' })]);
  assert.ok(merged);
  assert.deepEqual(
    [merged.due, merged.claims.length, merged.atMs, merged.passed],
    [true, 1, AT, { author: null }],
  );
  assert.equal(judge(merged).outcome, 'denied');
  assert.equal(judge(here).outcome, 'not-asked');
  assert.deepEqual(
    rest.map(({ unit }) => unit),
    ['7'],
  );
  const [both] = mergeFacts([here, facts({ passed: { author: '0xother' } })]);
  assert.deepEqual(both?.passed, { author: '0xother' });
});
