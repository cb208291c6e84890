import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  adoptMark,
  type Claim,
  compareUnits,
  type Decision,
  DUTIES,
  type Duty,
  decide,
  type Mark,
  NO_BASE,
} from './index.ts';
import { boundsOf, ceilingAt, changeWorld, placeOf, policyOf, unitAt } from './testing/places.ts';
import { digestOf, sampleAttempt, sampleClaim, signedParts, stored } from './testing/samples.ts';
import { histories, NODES, type Step } from './testing/sequences.ts';
import { SLOW_DUTIES, type SlowAnswer, type SlowClaim, SlowWorld } from './testing/slow-specification.ts';

type ClaimStep = Extract<Step, { do: 'claim' }>;

/** The active node, and its term. */
interface WatchNow {
  readonly node: string;
  readonly term: number;
}

/** One grant as a claimant received it. */
interface Told {
  readonly place: number;
  readonly part: string;
  readonly digest: string | null;
  readonly node: string;
  readonly start: string;
  readonly reason: string;
}

/** The change of a mark that one write may make, seen from outside. */
function checkChain(before: Mark | null, next: Mark): void {
  assert.equal(next.last.prev, before?.lastHash ?? '0'.repeat(64), 'the entry names the hash before it');
  assert.equal(next.seq, (before?.seq ?? 0n) + 1n, 'seq rises by one');
  if (before === null || before.floor === null) return;
  assert.ok(next.floor !== null && compareUnits(next.floor, before.floor) >= 0, 'a floor never sinks');
}

/** The mark holds exactly the units of the specification, and no granted unit is free. */
function checkKept(duty: Duty, world: SlowWorld, mark: Mark): void {
  const held = mark.recent.map((entry) => placeOf(duty, entry.unit));
  assert.deepEqual(
    held,
    world.kept.toSorted((a, b) => a - b),
    'recent holds what the specification holds',
  );
  assert.equal(placeOf(duty, mark.floor), world.floor, 'the floor is the highest that left');
  for (const place of world.ever.keys())
    assert.ok(place <= world.floor || world.kept.includes(place), `unit ${place} was freed`);
}

function claimOf(
  duty: Duty,
  step: ClaimStep,
  place: number,
  watch: WatchNow,
): { claim: Claim; slow: SlowClaim } {
  const signs = step.parts.filter((part) => part !== 'enter');
  const opens = step.parts.includes('enter');
  const digest = signs.length === 0 || step.letter === null ? null : digestOf(duty, step.letter);
  const term = opens && !step.original ? watch.term + step.termShift : null;
  const node = step.node ?? watch.node;
  const start = `${node}-${step.start}`;
  const claim = sampleClaim(duty, unitAt(duty, place), {
    parts: step.parts,
    digest,
    owner: { node, incarnation: start },
    term: term === null ? null : BigInt(term),
    strictlyIncreasing: step.original,
  });
  return { claim, slow: { place, opens, signs, digest, node, start, term, original: step.original } };
}

/** Invariants I, J and M over the received answers, without the specification's answer. */
function checkPromise(world: SlowWorld, told: readonly Told[], slow: SlowClaim, reason: string): void {
  const same = told.filter((grant) => grant.place === slow.place);
  assert.ok(slow.place > world.floor, 'M: nothing at or below the floor is granted');
  if (slow.signs.length === 0) {
    assert.ok(!same.some((grant) => grant.part !== 'enter'), 'no enter after a part was granted');
    return;
  }
  for (const part of slow.signs) {
    const before = same.filter((grant) => grant.part === part);
    assert.ok(
      before.every((grant) => grant.digest === slow.digest),
      'I: one digest per unit and part',
    );
    assert.ok(before.length === 0 || slow.digest !== null, 'J: without a digest there is one grant');
  }
  if (world.duty.unitBelongsTo === 'start')
    assert.ok(
      same.every((grant) => grant.start === slow.start),
      'J: a unit goes to one incarnation only',
    );
  const fresh = same.filter((grant) => grant.reason === 'new');
  const owner = fresh.at(-1)?.node;
  if (reason === 'new' && owner !== undefined)
    assert.equal(slow.node, owner, 'M: a granted unit is never granted to another');
}

/** The rule beside the specification, with the watch that an `enter`'s transaction compares. */
function history(duty: Duty, count: (what: string) => void) {
  const slowDuty = SLOW_DUTIES[duty.name];
  assert.ok(slowDuty !== undefined, `${duty.name} is missing in the specification`);
  const world = new SlowWorld(slowDuty);
  const told: Told[] = [];
  let mark: Mark | null = null;
  let watch: WatchNow = { node: 'ann', term: 1 };
  let writes = 0;
  /** How far above the highest unit the observers are; null if no observer reports. */
  let ceilingAhead: number | null = 3;

  const policy = () => policyOf(world);
  const attempt = () => sampleAttempt({ epoch: `epoch-${world.epoch}`, nonce: `n${writes++}` });

  function replace(next: Mark): void {
    checkChain(mark, next);
    mark = stored(next, duty);
    assert.deepEqual(mark, next, 'the store gives back what was written');
    checkKept(duty, world, mark);
  }

  const top = () => Math.max(world.floor, ...world.ever.keys());
  const placeAhead = (ahead: number) => Math.max(0, top() + ahead);

  function ask(step: ClaimStep): void {
    const { claim, slow } = claimOf(duty, step, placeAhead(step.ahead), watch);
    world.ceiling = ceilingAhead === null ? null : placeAhead(ceilingAhead);
    const decision = decide(policy(), mark, claim, boundsOf(duty, world), attempt());
    count(world.usable() && world.otherSet(slow.place) ? 'other set' : decision.reason);
    assert.equal(
      classOf(decision),
      world.expect(slow),
      `${describeClaim(slow)}: ${JSON.stringify(decision.reason)}`,
    );
    if (decision.outcome !== 'grant') return;
    const onlyOpens = slow.opens && slow.signs.length === 0;
    // The transaction of an enter also compares the watch's holder and term: here it finds another and fails.
    if (onlyOpens && (watch.node !== slow.node || watch.term !== slow.term)) return;
    checkPromise(world, told, slow, decision.reason);
    if (decision.next !== null) {
      const owner = world.ever.get(slow.place);
      if (onlyOpens && owner !== undefined) count(owner.node === slow.node ? 'reentries' : 'moves');
      world.grant(slow);
      replace(decision.next);
    }
    const parts = onlyOpens ? ['enter'] : slow.signs;
    const { place, digest, node, start } = slow;
    told.push(...parts.map((part) => ({ place, part, digest, node, start, reason: decision.reason })));
  }

  function circumstance(step: Exclude<Step, { do: 'claim' }>): void {
    if (step.do === 'ceiling') ceilingAhead = step.ahead;
    else if (step.do === 'watch') watch = { node: step.node, term: watch.term + 1 };
    else if (step.do !== 'adopt') changeWorld(world, step, placeAhead);
    else {
      const place = step.ahead === null ? null : placeAhead(step.ahead);
      world.adopt(place);
      const floor = place === null ? null : unitAt(duty, place);
      replace(adoptMark(policy(), duty, mark, floor, attempt(), 'adopted'));
    }
  }

  /** A fresh unit above everything, within the ceiling, by a listed node with a digest, is granted. */
  function checkAlive(): void {
    const node = world.roster[0];
    const place = top() + 1;
    if (node === undefined || !world.enabled || !world.usable() || world.otherSet(place)) return;
    const owner = { node, incarnation: 'fresh' };
    for (const part of duty.parts) {
      const claim = sampleClaim(duty, unitAt(duty, place), { parts: [part], owner });
      const bounds = { ceiling: ceilingAt(duty, place), lowest: null, base: NO_BASE };
      const decision = decide(policy(), mark, claim, bounds, attempt());
      assert.equal(decision.reason, 'new', `a fresh ${part} was denied needlessly`);
    }
  }

  return {
    world,
    told,
    run(step: Step): void {
      if (step.do === 'claim') ask(step);
      else circumstance(step);
      checkAlive();
    },
  };
}

function classOf(decision: Decision): SlowAnswer {
  if (decision.outcome === 'grant') return decision.reason;
  return decision.outcome === 'deny' ? 'denied' : 'unknown';
}

function describeClaim({ place, opens, signs, digest, start, term, original }: SlowClaim): string {
  const parts = [...(opens ? [`enter under ${term}`] : []), ...signs].join(', ');
  return `${start} claims ${parts} of ${place} with ${digest?.slice(0, 2)}${original ? ' (original)' : ''}`;
}

const beginnings: readonly Step[] = [
  { do: 'roster', roster: NODES },
  { do: 'adopt', ahead: null },
];

for (const duty of DUTIES) {
  test(`every history agrees with a map of everything ever granted: ${duty.name}`, () => {
    const seen = new Map<string, number>();
    const count = (what: string) => void seen.set(what, (seen.get(what) ?? 0) + 1);
    const planned = duty.parts.length > 1 ? 1_200 : 400;
    let played = 0;
    const oneHistory = fc.property(
      histories(duty),
      fc.constantFrom(duty.window, duty.window, 1, 2, 5),
      (steps, window) => {
        played += 1;
        const run = history(duty, count);
        for (const step of [...beginnings, { do: 'window', window } as const, ...steps]) run.run(step);
        for (const { part, reason } of run.told) count(`${part} ${reason}`);
      },
    );
    fc.assert(oneHistory, { numRuns: planned });
    // The histories must reach what they are meant to reach, or agreement says nothing. Outside the long
    // form a part of the histories is played, which must reach that part of the cases.
    const share = played / planned;
    const counted = (what: string) => seen.get(what) ?? 0;
    for (const part of duty.parts) assert.ok(counted(`${part} new`) > 50 * share, `few new ${part}`);
    const repeats = signedParts(duty).reduce((sum, part) => sum + counted(`${part} repeat`), 0);
    assert.ok(duty.repeat === 'never' ? repeats === 0 : repeats > 20 * share, `${repeats} repeats`);
    assert.ok(counted('unit-past') > 20 * share, 'few units from before the session');
    if (!duty.parts.includes('enter')) return;
    // Rare: the key must be adopted again after the change of scope.
    assert.ok(counted('other set') > 0, 'no unscoped round of another set');
    assert.ok(counted('moves') > 100 * share, 'few moves of ownership');
    assert.ok(counted('reentries') > 100 * share, 'few nodes that entered again after a restart');
  });
}
