import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  belowFloor,
  type Ceiling,
  type Claim,
  canonicalJson,
  compareUnits,
  DUTIES,
  type Duty,
  encodeHead,
  encodeUnit,
  findRecent,
} from './index.ts';
import { always, highestOf, reasonOf } from './testing/always.ts';
import { START, unitNumber } from './testing/grown-marks.ts';
import {
  adopted,
  ask,
  digestOf,
  dutyNamed,
  sampleAttempt,
  sampleClaim,
  samplePolicy,
  signedParts,
  take,
} from './testing/samples.ts';

const grandpa = dutyNamed('grandpa');

always('a node that is not in the roster is denied, whatever it claims', ({ mark, policy }, claim) => {
  const owner = { ...claim.owner, node: 'eve' };
  assert.equal(reasonOf(mark, { ...claim, owner }, { policy }), 'not-listed');
  const emptied = { ...policy, roster: policy.roster.filter(({ name }) => name !== claim.owner.node) };
  assert.equal(reasonOf(mark, claim, { policy: emptied }), 'not-listed');
});

always('a duty that is off is denied, even to repeat what was granted', ({ mark, policy }, claim, duty) => {
  const { [duty.name]: own, ...others } = policy.duties;
  assert.ok(own !== undefined);
  const off = { ...policy, duties: { ...others, [duty.name]: { ...own, enabled: false } } };
  assert.equal(reasonOf(mark, claim, { policy: off }), 'duty-off');
  assert.equal(reasonOf(mark, claim, { policy: { ...policy, duties: others } }), 'duty-off');
});

always('another chain, key, ledger or epoch is denied', ({ mark, policy }, claim) => {
  for (const field of ['chain', 'key', 'ledger', 'epoch'])
    assert.equal(reasonOf(mark, { ...claim, [field]: 'another' }, { policy }), 'wrong-ledger', field);
  for (const field of ['chain', 'key'])
    assert.equal(reasonOf(mark, claim, { policy: { ...policy, [field]: 'another' } }), 'wrong-ledger', field);
});

always(
  'a claimant that names the right ledger and epoch gets the same answer as one that names none',
  ({ mark, policy }, claim) => {
    const named = { ...claim, ledger: 'ledger-1', epoch: 'epoch-1' };
    assert.deepEqual(ask(mark, named, { policy }), ask(mark, claim, { policy }));
  },
);

always('a mark of another epoch, ledger, chain, key or duty is denied', ({ mark, policy }, claim) => {
  const later = { policy, attempt: sampleAttempt({ epoch: 'epoch-2' }) };
  assert.equal(reasonOf(mark, claim, later), 'wrong-ledger');
  for (const field of ['ledger', 'chain', 'key', 'duty']) {
    const foreign = { ...mark, last: { ...mark.last, [field]: 'another' } };
    assert.equal(reasonOf(foreign, claim, { policy }), 'wrong-ledger', field);
  }
});

always('a key that was never adopted is denied', ({ mark, policy }, claim) => {
  assert.equal(reasonOf(null, claim, { policy }), 'not-adopted');
  assert.equal(reasonOf(mark, claim, { policy: { ...policy, mode: 'idle' } }), 'not-adopted');
});

test('rule 1: where the policy requires a digest, a signed part without one is denied, an enter is not', () => {
  const policy = samplePolicy({}, { digestRequired: true });
  for (const duty of DUTIES) {
    for (const part of duty.parts) {
      const claim = sampleClaim(duty, unitNumber(duty, 20), { parts: [part], digest: null });
      const binds = part !== 'enter' && duty.digestBytes > 0;
      assert.equal(reasonOf(adopted(duty), claim, { policy }), binds ? 'digest-required' : 'new', part);
      assert.equal(reasonOf(adopted(duty), claim), 'new', `${part}, not required`);
    }
    const whole = { parts: duty.parts, digest: digestOf(duty, 'A') };
    assert.equal(reasonOf(adopted(duty), sampleClaim(duty, unitNumber(duty, 20), whole), { policy }), 'new');
  }
});

describe('rule 2: a new unit above the ceiling', () => {
  const ceilingAt = (duty: Duty, place: number): Ceiling => ({
    kind: 'at',
    highest: [unitNumber(duty, place)],
  });

  always('is denied unit-ahead; one at the ceiling is not', ({ mark, policy }, claim, duty) => {
    const above = { ...claim, unit: unitNumber(duty, 41) };
    assert.equal(reasonOf(mark, above, { policy, ceiling: ceilingAt(duty, 40) }), 'unit-ahead');
    assert.equal(reasonOf(mark, above, { policy, ceiling: ceilingAt(duty, 41) }), 'new');
  });

  always('a unit in recent is not bounded by the ceiling', ({ mark, policy }, claim, duty) => {
    const known = mark.recent.map(({ unit }) => ({ ...claim, unit }));
    for (const each of known) {
      const free = ask(mark, each, { policy });
      assert.deepEqual(ask(mark, each, { policy, ceiling: ceilingAt(duty, 1) }), free);
      assert.deepEqual(ask(mark, each, { policy, ceiling: { kind: 'unknown', why: 'no report' } }), free);
    }
  });

  always('without a ceiling a new unit is unknown, never granted', ({ mark, policy }, claim, duty) => {
    const decision = ask(
      mark,
      { ...claim, unit: unitNumber(duty, 41) },
      { policy, ceiling: { kind: 'unknown', why: 'no report' } },
    );
    assert.deepEqual(decision, { outcome: 'unknown', reason: 'ceiling-unknown', detail: 'no report' });
  });

  always(
    'a lower ceiling may deny, and never grants what a higher one denies',
    ({ mark, policy }, claim, duty) => {
      const low = ask(mark, claim, { policy, ceiling: ceilingAt(duty, 15) });
      if (low.outcome === 'grant')
        assert.deepEqual(ask(mark, claim, { policy, ceiling: ceilingAt(duty, 30) }), low);
    },
  );
});

describe('rule 3: at or below the floor', () => {
  always('is denied below-floor', ({ mark, policy }, claim, duty) => {
    assert.ok(mark.floor !== null);
    assert.equal(reasonOf(mark, { ...claim, unit: mark.floor }, { policy }), 'below-floor');
    assert.equal(reasonOf(mark, { ...claim, unit: unitNumber(duty, START - 1) }, { policy }), 'below-floor');
  });

  always('even where recent still holds the unit', ({ mark, policy }, claim, duty) => {
    const raised = { ...mark, floor: highestOf(mark, duty) };
    for (const { unit } of mark.recent)
      assert.equal(reasonOf(raised, { ...claim, unit }, { policy }), 'below-floor');
  });
});

always(
  'is pure: the same question has the same answer, and the arguments stay unchanged',
  ({ mark, policy }, claim, duty) => {
    const text = () =>
      canonicalJson([
        encodeHead(mark, duty),
        mark.recent.map((entry) => encodeUnit(entry)),
        JSON.stringify(policy),
      ]);
    const before = text();
    const first = ask(mark, claim, { policy });
    assert.deepEqual(ask(mark, claim, { policy }), first);
    assert.equal(text(), before);
  },
);

test('a decision to grant writes down who, what, when and under which policy', () => {
  const attempt = sampleAttempt({ nonce: 'n-7', service: 's-2', atMs: 77 });
  const policy = { ...samplePolicy({ versionId: 'v-9' }, { window: 5 }) };
  const before = adopted(grandpa);
  const claim = sampleClaim(grandpa, [3n, 20n], { parts: ['enter'], term: 4n });
  const next = take(before, claim, { attempt, policy });
  assert.deepEqual(next.last, {
    kind: 'grant',
    ledger: 'ledger-1',
    epoch: 'epoch-1',
    chain: '0xc1',
    key: '0xk1',
    duty: 'grandpa',
    seq: 2n,
    prev: before.lastHash,
    unit: [3n, 20n],
    parts: ['enter'],
    digest: null,
    owner: { node: 'ann', incarnation: 'ann-1' },
    term: 4n,
    nonce: 'n-7',
    service: 's-2',
    policyVersion: 'v-9',
    window: 5,
    atMs: 77,
    note: '',
  });
  assert.equal(next.epoch, 'epoch-1');
});

const babe = dutyNamed('babe');
const imOnline = dutyNamed('im-online');

describe('rule 5: otherwise a new entry', () => {
  always('a fresh unit above everything is granted to any listed node', ({ mark, policy }, claim, duty) => {
    const decision = ask(mark, { ...claim, unit: unitNumber(duty, 41) }, { policy });
    assert.ok(decision.outcome === 'grant' && decision.next !== null);
    const entry = findRecent(decision.next, unitNumber(duty, 41));
    assert.deepEqual(entry?.owner, claim.owner);
    assert.equal(entry?.term, claim.term);
    assert.deepEqual(
      entry?.parts.map(({ part, digest }) => ({ part, digest })),
      claim.parts.filter((part) => part !== 'enter').map((part) => ({ part, digest: claim.digest })),
    );
    const entered = [{ nonce: 'nonce-0', incarnation: claim.owner.incarnation }];
    assert.deepEqual(entry?.enters, claim.parts.includes('enter') ? entered : []);
  });

  always(
    'recent never exceeds W, stays ascending above the floor, and the floor never sinks',
    ({ mark, policy }, claim, duty) => {
      const decision = ask(mark, claim, { policy });
      if (decision.outcome !== 'grant' || decision.next === null) return;
      const { floor, recent } = decision.next;
      assert.ok(recent.length <= (policy.duties[duty.name]?.window ?? 0));
      for (const [index, entry] of recent.entries()) {
        assert.ok(!belowFloor(floor, entry.unit));
        const before = recent[index - 1];
        assert.ok(before === undefined || compareUnits(before.unit, entry.unit) < 0);
      }
      assert.ok(mark.floor === null || (floor !== null && compareUnits(floor, mark.floor) >= 0));
    },
  );

  always('one that would leave at once is denied, and the mark stays', ({ mark, policy }, claim, duty) => {
    const window = policy.duties[duty.name]?.window ?? 0;
    const lowest = mark.recent[0];
    if (mark.recent.length < window || lowest === undefined) return;
    for (let place = START; place < 31; place++) {
      const unit = unitNumber(duty, place);
      if (belowFloor(mark.floor, unit) || compareUnits(unit, lowest.unit) >= 0) continue;
      assert.equal(reasonOf(mark, { ...claim, unit }, { policy }), 'below-window');
    }
  });
});

describe('strictly increasing claims of the original wire protocol', () => {
  const original = (duty: Duty, place: number) =>
    sampleClaim(duty, unitNumber(duty, place), {
      parts: duty.parts,
      digest: null,
      term: null,
      strictlyIncreasing: true,
    });

  always(
    'a number not above every unit of the mark is denied, also to repeat',
    ({ mark, policy }, claim, duty) => {
      const top = highestOf(mark, duty);
      for (let place = 1; place < 33; place++) {
        const asked = { ...original(duty, place), owner: claim.owner };
        const above = compareUnits(asked.unit, top) > 0;
        assert.equal(reasonOf(mark, asked, { policy }), above ? 'new' : 'not-increasing');
      }
    },
  );

  test('the first number of a key adopted as never signed is granted, number 0 too', () => {
    for (const duty of DUTIES) {
      const mark = take(adopted(duty), original(duty, 0));
      assert.equal(reasonOf(mark, original(duty, 0)), 'not-increasing');
      assert.equal(reasonOf(mark, original(duty, 1)), 'new');
    }
  });

  test('where the policy requires a digest it is denied', () => {
    const policy = samplePolicy({}, { digestRequired: true });
    assert.equal(reasonOf(adopted(babe), original(babe, 20), { policy }), 'digest-required');
    assert.equal(reasonOf(adopted(imOnline), original(imOnline, 20), { policy }), 'new');
  });
});

const A = digestOf(grandpa, 'A');
const B = digestOf(grandpa, 'B');
const ann2 = { node: 'ann', incarnation: 'ann-2' };
const bob = { node: 'bob', incarnation: 'bob-1' };

describe('rule 4, enter', () => {
  const enter = (owner: Claim['owner'], term: bigint) =>
    sampleClaim(grandpa, [3n, 20n], { parts: ['enter'], owner, term });
  const ann = { node: 'ann', incarnation: 'ann-1' };
  const entered = take(adopted(grandpa), enter(ann, 4n));

  test('is repeated to the owner node, also after a restart, while no part is granted', () => {
    assert.deepEqual(ask(entered, enter(ann, 4n)), { outcome: 'grant', reason: 'repeat', next: null });
    const again = ask(entered, enter(ann2, 4n), { attempt: sampleAttempt({ nonce: 'n-again' }) });
    assert.ok(again.outcome === 'grant' && again.reason === 'repeat' && again.next !== null);
    const enters = [
      { nonce: 'nonce-0', incarnation: 'ann-1' },
      { nonce: 'n-again', incarnation: 'ann-2' },
    ];
    assert.deepEqual(again.next.recent, [{ unit: [3n, 20n], owner: ann2, term: 4n, parts: [], enters }]);
    assert.deepEqual([again.next.seq, again.next.last.owner], [entered.seq + 1n, ann2]);
  });

  test('of another node under a later term moves the ownership', () => {
    const moved = take(entered, enter(bob, 5n), { attempt: sampleAttempt({ nonce: 'n-move' }) });
    const enters = [
      { nonce: 'nonce-0', incarnation: 'ann-1' },
      { nonce: 'n-move', incarnation: 'bob-1' },
    ];
    assert.deepEqual(moved.recent, [{ unit: [3n, 20n], owner: bob, term: 5n, parts: [], enters }]);
    assert.equal(
      reasonOf(moved, sampleClaim(grandpa, [3n, 20n], { parts: ['prevote'], owner: ann })),
      'unit-taken',
    );
    assert.equal(reasonOf(moved, sampleClaim(grandpa, [3n, 20n], { parts: ['prevote'], owner: bob })), 'new');
    assert.equal(reasonOf(moved, enter(ann, 5n)), 'unit-taken');
    assert.equal(reasonOf(moved, enter(ann, 6n)), 'new');
  });

  test('of another node under the same or an earlier term is denied', () => {
    for (const term of [0n, 3n, 4n]) assert.equal(reasonOf(entered, enter(bob, term)), 'unit-taken');
  });

  test('is denied to all nodes once a part is granted, whatever the term', () => {
    const voted = take(entered, sampleClaim(grandpa, [3n, 20n], { parts: ['propose'] }));
    for (const owner of [ann, ann2, bob])
      for (const term of [4n, 5n, 900n]) assert.equal(reasonOf(voted, enter(owner, term)), 'unit-taken');
  });
});

describe('rule 4, a part already granted', () => {
  always('is never granted for another digest', ({ mark, policy }, claim, duty) => {
    for (const { unit, parts, owner } of mark.recent) {
      for (const { part, digest } of parts) {
        const other = digest === digestOf(duty, 'A') ? digestOf(duty, 'B') : digestOf(duty, 'A');
        const again = { ...claim, unit, parts: [part], digest: other, term: null };
        assert.equal(ask(mark, again, { policy }).outcome, 'deny');
        if (digest !== null) assert.equal(reasonOf(mark, { ...again, owner }, { policy }), 'digest-differs');
      }
    }
  });

  always('is never granted without a digest, nor where none was bound', ({ mark, policy }, _claim, duty) => {
    for (const { unit, parts, owner } of mark.recent) {
      for (const { part, digest } of parts) {
        const again = sampleClaim(duty, unit, { parts: [part], owner });
        assert.equal(reasonOf(mark, { ...again, digest: null }, { policy }), 'unit-taken');
        if (digest === null) assert.equal(reasonOf(mark, again, { policy }), 'unit-taken');
      }
    }
  });

  test('together with one that is not: denied, so that no claim is half new', () => {
    const mark = take(adopted(grandpa), sampleClaim(grandpa, [3n, 20n], { parts: ['prevote'], digest: A }));
    const both = sampleClaim(grandpa, [3n, 20n], { parts: ['prevote', 'precommit'], digest: A });
    assert.equal(reasonOf(mark, both), 'unit-taken');
    const whole = take(mark, { ...both, parts: ['precommit'] });
    assert.equal(reasonOf(whole, both), 'repeat');
    assert.equal(reasonOf(whole, { ...both, digest: B }), 'digest-differs');
    assert.equal(reasonOf(whole, { ...both, parts: ['enter', 'prevote', 'precommit'] }), 'unit-taken');
    const mixed = take(mark, { ...both, parts: ['precommit'], digest: B });
    assert.equal(reasonOf(mixed, both), 'digest-differs');
  });

  test('a duty that is never repeated is not repeated even where it binds a digest', () => {
    const once: Duty = { ...babe, repeat: 'never' };
    const claim = sampleClaim(once, [20n]);
    assert.equal(reasonOf(take(adopted(once), claim), claim), 'unit-taken');
  });
});

always('to the owner, granted; to others, denied unit-taken', ({ mark, policy }, _claim, duty) => {
  for (const { unit, parts, owner } of mark.recent) {
    for (const part of signedParts(duty).filter((name) => parts.every((grant) => grant.part !== name))) {
      const claim = sampleClaim(duty, unit, { parts: [part], owner });
      assert.equal(reasonOf(mark, claim, { policy }), 'new');
      const stranger = owner.node === 'bob' ? 'cat' : 'bob';
      const other = { ...claim, owner: { node: stranger, incarnation: owner.incarnation } };
      assert.equal(reasonOf(mark, other, { policy }), 'unit-taken');
      const restarted = { ...claim, owner: { ...owner, incarnation: 'later' } };
      assert.equal(reasonOf(mark, restarted, { policy }), duty.owner === 'node' ? 'new' : 'unit-taken');
    }
  }
});

test('rule 4: a unit owned by one start belongs to it, node and start together', () => {
  const two: Duty = { ...babe, parts: ['seal', 'vote'] };
  const mark = take(adopted(two), sampleClaim(two, [20n], { parts: ['seal'] }));
  const vote = (owner: Claim['owner']) => reasonOf(mark, sampleClaim(two, [20n], { parts: ['vote'], owner }));
  assert.deepEqual(
    [vote({ node: 'ann', incarnation: 'ann-1' }), vote(ann2), vote({ node: 'bob', incarnation: 'ann-1' })],
    ['new', 'unit-taken', 'unit-taken'],
  );
});
