import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type LedgerPoint, pointOf } from '../../rule/index.ts';
import { policyDocument } from '../testing/services.ts';
import type { ClaimEvent } from './claim-events.ts';
import {
  AMBIGUOUS,
  APPLIED,
  adopted,
  appended,
  at,
  basisOf,
  claimWith,
  conflict,
  DEADLINE_MS,
  type FakeClaim,
  FREE,
  failed,
  fakeClaim,
  grantedIn,
  heldOf,
  kinds,
  MARK,
  now,
  ON_WATCH,
  OWN,
  only,
  policyOf,
  read,
  recalled,
  SEAL,
  STANDING,
  short,
  standingUnder,
  transacted,
  transacting,
  turn,
} from './testing/claim.ts';

const ENTER = claimWith({ dutyName: 'grandpa' });
const ROUND = adopted(ENTER);
const PREVOTE = { ...ENTER, parts: ['prevote'] as const, digest: '01'.repeat(40), term: null };
const SILENT = { of: 'store', silent: true, why: 'no answer' } as const;
const WATCH_READ = { kind: 'watch-read', now: now(3), watch: ON_WATCH, standing: STANDING } as const;
const AWAY = { ...WATCH_READ, watch: { record: { holder: 'b', term: '1', relief: null }, text: 'b 1' } };

function entering(): FakeClaim {
  const claim = fakeClaim(ENTER);
  claim.send(turn(1), recalled(null), read(basisOf(ROUND)));
  return claim;
}

function sent(claim: FakeClaim, ...events: readonly ClaimEvent[]): FakeClaim {
  claim.send(...events);
  return claim;
}

const WORD = { kind: 'word', point: pointOf(OWN.mark) } as const;
const PHASES: Readonly<Record<string, () => FakeClaim>> = {
  queued: () => fakeClaim(),
  recalling: () => sent(fakeClaim(), turn(1)),
  reading: () => sent(fakeClaim(), turn(1), recalled(null)),
  reporting: () => sent(fakeClaim(SEAL, { said: WORD }), turn(1), recalled(null), read(basisOf(FREE))),
  'asking-watch': entering,
  'taking-watch': () => sent(entering(), AWAY),
  transacting: () => transacting(),
  refreshing: () => sent(transacting(), transacted(3, conflict({ [MARK]: 'another' }))),
  appending: () => sent(transacting(), transacted(3, APPLIED)),
  pausing: () => sent(fakeClaim(), turn(1, { text: null })),
  held: () => sent(entering(), AWAY, { kind: 'watch-taken', at: at(4), taken: false }),
  over: () => sent(fakeClaim(), turn(DEADLINE_MS)),
};
const ANSWERS: readonly [ClaimEvent, readonly string[]][] = [
  [turn(5), ['queued']],
  [{ kind: 'no-turn' }, ['queued']],
  [recalled(basisOf(FREE)), ['recalling']],
  [read(basisOf(FREE)), ['reading']],
  [{ kind: 'reported', report: null }, ['reporting']],
  [WATCH_READ, ['asking-watch']],
  [{ kind: 'watch-taken', at: at(5), taken: true }, ['taking-watch']],
  [transacted(5, APPLIED), ['transacting']],
  [{ kind: 'refreshed' }, ['refreshing']],
  [appended(5), ['appending']],
  [{ kind: 'woken', at: at(5) }, ['pausing', 'held']],
];

describe('each phase takes the answer to its effect, and drops every other one', () => {
  for (const [phase, begin] of Object.entries(PHASES))
    test(phase, () => {
      for (const [event, phases] of ANSWERS) {
        const claim = begin();
        const before = claim.state();
        assert.equal(before.phase.kind, phase);
        const effects = claim.send(event);
        if (phases.includes(phase)) assert.notEqual(claim.state(), before, event.kind);
        else assert.deepEqual([claim.state(), effects], [before, []], event.kind);
      }
    });
});

test('a claim that is over is not begun again by a fault', () => {
  const claim = fakeClaim();
  claim.send(turn(DEADLINE_MS));
  assert.deepEqual(claim.send(failed(DEADLINE_MS, SILENT), { kind: 'failed', at: at(1), fault: SILENT }), []);
  assert.equal(claim.state().phase.kind, 'over');
});

describe('a claim that woke', () => {
  test('from a pause takes its turn, also if it ended meanwhile: it may have written', () => {
    const claim = transacting();
    claim.send(transacted(3, AMBIGUOUS), turn(4), failed(5, SILENT), { kind: 'deadline' });
    assert.equal(claim.state().phase.kind, 'pausing');
    assert.deepEqual(kinds(claim.send({ kind: 'woken', at: at(DEADLINE_MS + 1) })), ['queue']);
  });

  test('from a hold after its claimant has gone is at its end', () => {
    const claim = PHASES.held?.();
    assert.ok(claim);
    claim.send({ kind: 'gone' }, { kind: 'woken', at: at(5) });
    assert.deepEqual(claim.told.map(short), ['denied:off-watch']);
  });

  test('from a hold in time takes its turn, and a moment before its deadline is at its end', () => {
    const claim = PHASES.held?.();
    const late = PHASES.held?.();
    assert.ok(claim && late);
    assert.deepEqual(kinds(claim.send({ kind: 'woken', at: at(DEADLINE_MS - 11) })), ['queue']);
    assert.equal(claim.state().phase.kind, 'queued');
    late.send({ kind: 'woken', at: at(DEADLINE_MS - 10) });
    assert.deepEqual(late.told.map(short), ['denied:off-watch']);
  });
});

describe('a fault', () => {
  test('of a call that is no transaction leaves the attempts in mind', () => {
    const claim = transacting();
    claim.send(transacted(3, AMBIGUOUS), turn(4), failed(5, SILENT));
    assert.deepEqual([...claim.state().attempts.keys()], ['nonce-1']);
  });

  test('is tried again after a pause', () => {
    const wait = only(transacting().send(failed(3, SILENT)), 'wait');
    assert.deepEqual(wait, { kind: 'wait', untilMs: 53, wakes: 'moment' });
  });
});

describe('the first effects', () => {
  test('of a turn ask for the records as this service has them', () => {
    assert.deepEqual(fakeClaim().send(turn(1)), [{ kind: 'recall' }]);
  });

  test('of a turn after an ambiguous transaction ask the store, and find it by its nonce', () => {
    const claim = transacting();
    assert.deepEqual(kinds(claim.send(transacted(3, AMBIGUOUS), turn(4))), ['read']);
    const effects = claim.send(read(basisOf(grantedIn(FREE, SEAL, 'nonce-1'), { nonce: 'nonce-2' })));
    assert.deepEqual(only(effects, 'transact').transaction.writes, []);
    claim.send(transacted(6, APPLIED), appended(7));
    assert.deepEqual(claim.told.map(short), ['granted:new'], 'it is no repeat');
  });
});

test('a disk that refuses an entry is named as the cause', () => {
  const claim = transacting();
  claim.send(transacted(3, APPLIED), failed(4, { of: 'ledger', silent: false, why: 'full' }));
  assert.deepEqual(claim.told.map(short), ['unknown:ledger-unavailable']);
  assert.equal(claim.told[0]?.detail, 'full');
});

test('the answer at the deadline names the time that the claim had', () => {
  const claim = fakeClaim(SEAL, { arrivedMs: 400 });
  claim.send({ kind: 'deadline' });
  assert.match(claim.told[0]?.detail ?? '', /within 600 ms/);
  assert.equal(claim.state().ended, true);
});

describe('memories that contradict the store', () => {
  test('of this service are answered with the report that holds the key, if there is one', () => {
    const remembered = { remembered: { point: pointOf(OWN.mark), grants: [] } };
    const details = [null, 'a word is held'].map((report) => {
      const claim = fakeClaim();
      const effects = claim.send(turn(1), recalled(null), read(basisOf(FREE, remembered), 2, { report }));
      assert.match(only(effects, 'store-behind').why, /babe: entry 2 \(seal of 1\) is remembered/);
      return claim.told[0]?.detail;
    });
    assert.match(details[0] ?? '', /entry 2/);
    assert.equal(details[1], 'a word is held');
  });

  test('a vote whose word became a report is unknown, and says which report, or why', () => {
    const unit = { unit: [0n, 1n], top: [0n, 1n], part: 'prevote', nonce: 'x' } as const;
    const point: LedgerPoint = { ...pointOf(ROUND.mark), ...unit, seq: 9n, hash: '9'.repeat(64) };
    for (const [report, detail] of [
      ['a report holds it', /^a report holds it$/],
      [null, /grandpa: entry 9/],
    ] as const) {
      const claim = fakeClaim(PREVOTE, { said: { kind: 'word', point } });
      claim.send(turn(1), recalled(null), read(basisOf(ROUND)));
      claim.send({ kind: 'reported', report });
      assert.deepEqual(claim.told.map(short), ['unknown:session-checking']);
      assert.match(claim.told[0]?.detail ?? '', detail);
    }
  });

  test('a refused word says where it was sent', () => {
    const claim = fakeClaim(SEAL, { said: { kind: 'refused', why: 'forged' } });
    const effects = claim.send(turn(1), recalled(null), read(basisOf(FREE)));
    assert.match(only(effects, 'log-refused-word').detail, /babe: forged$/);
  });
});

describe('preference', () => {
  const delayed = { policy: { policy: policyOf({ standbyDelayMs: 400 }), pointerText: 'pointer 1' } };
  const lapsed = { standing: { ...STANDING, holderLive: false } };

  test('the node that goes first does not wait for its slot to begin', () => {
    const early = fakeClaim({ ...SEAL, unit: [3_601n] });
    assert.deepEqual(kinds(early.send(turn(1), recalled(basisOf(FREE, delayed)))), ['transact']);
  });

  test('the only node of a key waits for none', () => {
    const policy = { policy: policyOf({ standbyDelayMs: 400, roster: [{ name: 'a', rank: 0 }] }) };
    const standing = standingUnder('gone');
    const basis = basisOf(FREE, { policy: { ...policy, pointerText: 'pointer 1' }, standing });
    const only_ = fakeClaim({ ...SEAL, unit: [3_600n] });
    assert.deepEqual(kinds(only_.send(turn(1), recalled(basis))), ['transact']);
  });

  test('ranks decide, not the order of the roster', () => {
    const roster = [
      { name: 'b', rank: 1 },
      { name: 'a', rank: 0 },
    ];
    const policy = { policy: policyOf({ standbyDelayMs: 400, roster }), pointerText: 'pointer 1' };
    const first = fakeClaim({ ...SEAL, unit: [3_600n] });
    assert.deepEqual(kinds(first.send(turn(1), recalled(basisOf(FREE, { policy, ...lapsed })))), [
      'transact',
    ]);
    const second = fakeClaim({ ...SEAL, unit: [3_600n], owner: { node: 'b', incarnation: 'b' } });
    const wait = only(second.send(turn(1), recalled(basisOf(FREE, { policy, ...lapsed }))), 'wait');
    assert.equal(wait.untilMs, 400);
  });

  test('a unit that is known already waits for no delay, and asks for no readiness', () => {
    const readiness = { ...policyDocument().readiness, required: true };
    const policy = { policy: policyOf({ standbyDelayMs: 400, readiness }), pointerText: 'pointer 1' };
    const standing = standingUnder('b', { unfit: 'it is syncing' });
    const seal = { ...SEAL, unit: [3_600n] };
    const again = fakeClaim(seal);
    const effects = again.send(
      turn(1),
      recalled(basisOf(grantedIn(FREE, seal, 'own'), { policy, standing })),
    );
    assert.deepEqual(kinds(effects), ['transact']);
    const anew = fakeClaim(seal);
    anew.send(turn(1), recalled(basisOf(FREE, { policy, standing })));
    assert.deepEqual(anew.told.map(short), ['denied:not-ready']);
    assert.equal(anew.told[0]?.detail, 'a: it is syncing');
  });

  test('a node that is ready goes, also where the policy asks for it', () => {
    const readiness = { ...policyDocument().readiness, required: true };
    const policy = { policy: policyOf({ readiness }), pointerText: 'pointer 1' };
    const claim = fakeClaim();
    assert.deepEqual(kinds(claim.send(turn(1), recalled(basisOf(FREE, { policy })))), ['transact']);
  });

  test('a standby counts its delay from the beginning of the slot, if it asks before', () => {
    const standby = { ...SEAL, unit: [3_601n], owner: { node: 'b', incarnation: 'b' } };
    const claim = fakeClaim(standby, { deadlineMs: 9_000 });
    const wait = only(claim.send(turn(1), recalled(basisOf(FREE, delayed), 7)), 'wait');
    assert.equal(wait.untilMs, 1_400);
  });

  test('where a slot has several blocks, each of them may be of another node', () => {
    const dutyName = 'aura-blocks';
    const duties = { [dutyName]: { enabled: true, digestRequired: true, window: 2 } };
    const policy = { ...policyOf({ standbyDelayMs: 0 }), duties };
    const first = claimWith({ dutyName, unit: [3_600n, 1n] });
    const held = grantedIn(adopted(first, policy), first, 'first', policy);
    const second = { ...first, unit: [3_600n, 2n], owner: { node: 'b', incarnation: 'b' } };
    const claim = fakeClaim(second);
    const basis = basisOf(held, { policy: { policy, pointerText: 'pointer 1' } });
    assert.deepEqual(kinds(claim.send(turn(1), recalled(basis, 7))), ['transact']);
  });

  test('a handover to the holder itself keeps it from nothing', () => {
    const claim = entering();
    const watch = { record: { holder: 'a', term: '1', relief: 'a' }, text: 'relief' };
    assert.deepEqual(kinds(claim.send({ ...WATCH_READ, watch })), ['transact']);
  });

  test('an enter of a known unit goes through while the watch is handed over', () => {
    const claim = fakeClaim(ENTER);
    claim.send(turn(1), recalled(null), read(basisOf(enteredByItself())));
    const watch = { record: { holder: 'a', term: '1', relief: 'b' }, text: 'relief' };
    assert.deepEqual(kinds(claim.send({ ...WATCH_READ, watch })), ['transact']);
  });

  test('a watch without a holder is named as such', () => {
    const claim = entering();
    claim.send({ ...AWAY, watch: { record: { holder: null, term: '1', relief: null }, text: null } });
    claim.send({ kind: 'watch-taken', at: at(4), taken: false }, { kind: 'deadline' });
    assert.match(claim.told[0]?.detail ?? '', /^no node is on watch/);
  });

  function enteredByItself() {
    const claim = entering();
    claim.send(WATCH_READ);
    const { phase } = claim.state();
    if (phase.kind !== 'transacting') throw new Error(phase.kind);
    return heldOf(ENTER, phase.writing.mark);
  }
});
