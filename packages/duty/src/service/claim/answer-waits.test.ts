import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type LedgerPoint, pointOf } from '../../rule/index.ts';
import { policyDocument } from '../testing/services.ts';
import {
  AMBIGUOUS,
  APPLIED,
  adopted,
  appended,
  at,
  basisOf,
  claimWith,
  DEADLINE_MS,
  FREE,
  failed,
  grantedIn,
  heldOf,
  now,
  ON_WATCH,
  OWN,
  policyOf,
  read,
  recalled,
  SEAL,
  STANDING,
  short,
  standingUnder,
  transacted,
  turn,
} from './testing/claim.ts';
import { attempted, type FakeClaim, fakeClaim, kinds, only, transacting } from './testing/fake-claim.ts';

const ENTER = claimWith({ dutyName: 'grandpa' });
const ROUND = adopted(ENTER);
const PREVOTE = { ...ENTER, parts: ['prevote'] as const, digest: '01'.repeat(40), term: null };
const SILENT = { of: 'store', silent: true, why: 'no answer' } as const;
const WATCH_READ = { kind: 'watch-read', now: now(3), watch: ON_WATCH, standing: STANDING } as const;
const AWAY = { ...WATCH_READ, watch: { record: { holder: 'b', term: '1', relief: null }, text: 'b 1' } };

async function entering(): Promise<FakeClaim> {
  const claim = fakeClaim(ENTER);
  await claim.send(turn(1), recalled(null), read(basisOf(ROUND)));
  return claim;
}

async function held(): Promise<FakeClaim> {
  const claim = await entering();
  await claim.send(AWAY, { kind: 'watch-taken', at: at(4), taken: false });
  assert.equal(claim.phase(), 'wait');
  return claim;
}

describe('a claim that woke', () => {
  test('from a pause takes its turn, also if it ended meanwhile: it may have written', async () => {
    const claim = await transacting();
    await claim.send(transacted(3, AMBIGUOUS), turn(4), failed(5, SILENT), { kind: 'deadline' });
    assert.equal(claim.phase(), 'wait');
    assert.deepEqual(kinds(await claim.send({ kind: 'woken', at: at(DEADLINE_MS + 1) })), ['queue']);
  });

  test('from a hold after its claimant has gone is at its end', async () => {
    const claim = await held();
    await claim.send({ kind: 'gone' }, { kind: 'woken', at: at(5) });
    assert.deepEqual(claim.told.map(short), ['denied:off-watch']);
  });

  test('from a hold in time takes its turn, and a moment before its deadline is at its end', async () => {
    const claim = await held();
    const late = await held();
    assert.deepEqual(kinds(await claim.send({ kind: 'woken', at: at(DEADLINE_MS - 11) })), ['queue']);
    assert.equal(claim.phase(), 'queue');
    await late.send({ kind: 'woken', at: at(DEADLINE_MS - 10) });
    assert.deepEqual(late.told.map(short), ['denied:off-watch']);
  });
});

describe('a fault', () => {
  test('of a call that is no transaction leaves the attempts in mind', async () => {
    const claim = await transacting();
    await claim.send(transacted(3, AMBIGUOUS), turn(4), failed(5, SILENT));
    assert.deepEqual([...claim.state.attempts.keys()], ['nonce-1']);
  });

  test('is tried again after a pause', async () => {
    const wait = only(await (await transacting()).send(failed(3, SILENT)), 'wait');
    assert.deepEqual(wait, { kind: 'wait', untilMs: 53, wakes: 'moment' });
  });
});

describe('the first effects', () => {
  test('of a turn ask for no record that this service has', async () => {
    assert.deepEqual(kinds(await fakeClaim().send(turn(1))), ['read']);
    assert.deepEqual(kinds(await fakeClaim().send(turn(1), recalled(basisOf(FREE)))), ['transact']);
  });

  test('of a turn after an ambiguous transaction ask the store, and find it by its nonce', async () => {
    const claim = await transacting();
    assert.deepEqual(kinds(await claim.send(transacted(3, AMBIGUOUS), turn(4))), ['read']);
    const effects = await claim.send(read(basisOf(grantedIn(FREE, SEAL, 'nonce-1'), { nonce: 'nonce-2' })));
    assert.deepEqual(only(effects, 'transact').transaction.writes, []);
    await claim.send(transacted(6, APPLIED), appended(7));
    assert.deepEqual(claim.told.map(short), ['granted:new'], 'it is no repeat');
  });
});

test('a disk that refuses an entry is named as the cause', async () => {
  const claim = await transacting();
  await claim.send(transacted(3, APPLIED), failed(4, { of: 'ledger', silent: false, why: 'full' }));
  assert.deepEqual(claim.told.map(short), ['unknown:ledger-unavailable']);
  assert.equal(claim.told[0]?.detail, 'full');
});

test('the answer at the deadline names the time that the claim had', async () => {
  const claim = fakeClaim(SEAL, { arrivedMs: 400 });
  await claim.send({ kind: 'deadline' });
  assert.match(claim.told[0]?.detail ?? '', /within 600 ms/);
  assert.equal(claim.state.ending.signal.aborted, true);
});

describe('memories that contradict the store', () => {
  test('of this service are answered with the report that holds the key, if there is one', async () => {
    const remembered = { remembered: { point: pointOf(OWN.mark), grants: [] } };
    const answer = async (report: string | null) => {
      const claim = fakeClaim();
      const effects = await claim.send(
        turn(1),
        recalled(null),
        read(basisOf(FREE, remembered), 2, { report }),
      );
      assert.match(only(effects, 'store-behind').why, /babe: entry 2 \(seal of 1\) is remembered/);
      return claim.told[0]?.detail;
    };
    assert.match((await answer(null)) ?? '', /entry 2/);
    assert.equal(await answer('a word is held'), 'a word is held');
  });

  test('a vote whose word became a report is unknown, and says which report, or why', async () => {
    const unit = { unit: [0n, 1n], top: [0n, 1n], part: 'prevote', nonce: 'x' } as const;
    const point: LedgerPoint = { ...pointOf(ROUND.mark), ...unit, seq: 9n, hash: '9'.repeat(64) };
    for (const [report, detail] of [
      ['a report holds it', /^a report holds it$/],
      [null, /grandpa: entry 9/],
    ] as const) {
      const claim = fakeClaim(PREVOTE, { said: { kind: 'word', point } });
      await claim.send(turn(1), recalled(null), read(basisOf(ROUND)));
      await claim.send({ kind: 'reported', report });
      assert.deepEqual(claim.told.map(short), ['unknown:session-checking']);
      assert.match(claim.told[0]?.detail ?? '', detail);
    }
  });

  test('a refused word says where it was sent', async () => {
    const claim = fakeClaim(SEAL, { said: { kind: 'refused', why: 'forged' } });
    const effects = await claim.send(turn(1), recalled(null), read(basisOf(FREE)));
    assert.match(only(effects, 'log-refused-word').detail, /babe: forged$/);
  });
});

describe('preference', () => {
  const delayed = { policy: { policy: policyOf({ standbyDelayMs: 400 }), pointerText: 'pointer 1' } };
  const lapsed = { standing: { ...STANDING, holderLive: false } };

  test('the node that goes first does not wait for its slot to begin', async () => {
    const early = fakeClaim({ ...SEAL, unit: [3_601n] });
    assert.deepEqual(kinds(await early.send(turn(1), recalled(basisOf(FREE, delayed)))), ['transact']);
  });

  test('the only node of a key waits for none', async () => {
    const policy = { policy: policyOf({ standbyDelayMs: 400, roster: [{ name: 'a', rank: 0 }] }) };
    const standing = standingUnder('gone');
    const basis = basisOf(FREE, { policy: { ...policy, pointerText: 'pointer 1' }, standing });
    const only_ = fakeClaim({ ...SEAL, unit: [3_600n] });
    assert.deepEqual(kinds(await only_.send(turn(1), recalled(basis))), ['transact']);
  });

  test('ranks decide, not the order of the roster', async () => {
    const roster = [
      { name: 'b', rank: 1 },
      { name: 'a', rank: 0 },
    ];
    const policy = { policy: policyOf({ standbyDelayMs: 400, roster }), pointerText: 'pointer 1' };
    const first = fakeClaim({ ...SEAL, unit: [3_600n] });
    assert.deepEqual(kinds(await first.send(turn(1), recalled(basisOf(FREE, { policy, ...lapsed })))), [
      'transact',
    ]);
    const second = fakeClaim({ ...SEAL, unit: [3_600n], owner: { node: 'b', incarnation: 'b' } });
    const wait = only(await second.send(turn(1), recalled(basisOf(FREE, { policy, ...lapsed }))), 'wait');
    assert.equal(wait.untilMs, 400);
  });

  test('a unit that is known already waits for no delay, and asks for no readiness', async () => {
    const readiness = { ...policyDocument().readiness, required: true };
    const policy = { policy: policyOf({ standbyDelayMs: 400, readiness }), pointerText: 'pointer 1' };
    const standing = standingUnder('b', { unfit: 'it is syncing' });
    const seal = { ...SEAL, unit: [3_600n] };
    const again = fakeClaim(seal);
    const effects = await again.send(
      turn(1),
      recalled(basisOf(grantedIn(FREE, seal, 'own'), { policy, standing })),
    );
    assert.deepEqual(kinds(effects), ['transact']);
    const anew = fakeClaim(seal);
    await anew.send(turn(1), recalled(basisOf(FREE, { policy, standing })));
    assert.deepEqual(anew.told.map(short), ['denied:not-ready']);
    assert.equal(anew.told[0]?.detail, 'a: it is syncing');
  });

  test('a node that is ready goes, also where the policy asks for it', async () => {
    const readiness = { ...policyDocument().readiness, required: true };
    const policy = { policy: policyOf({ readiness }), pointerText: 'pointer 1' };
    const claim = fakeClaim();
    assert.deepEqual(kinds(await claim.send(turn(1), recalled(basisOf(FREE, { policy })))), ['transact']);
  });

  test('a standby counts its delay from the beginning of the slot, if it asks before', async () => {
    const standby = { ...SEAL, unit: [3_601n], owner: { node: 'b', incarnation: 'b' } };
    const claim = fakeClaim(standby, { deadlineMs: 9_000 });
    const wait = only(await claim.send(turn(1), recalled(basisOf(FREE, delayed), 7)), 'wait');
    assert.equal(wait.untilMs, 1_400);
  });

  test('where a slot has several blocks, each of them may be of another node', async () => {
    const dutyName = 'aura-blocks';
    const duties = { [dutyName]: { enabled: true, digestRequired: true, window: 2 } };
    const policy = { ...policyOf({ standbyDelayMs: 0 }), duties };
    const first = claimWith({ dutyName, unit: [3_600n, 1n] });
    const held = grantedIn(adopted(first, policy), first, 'first', policy);
    const second = { ...first, unit: [3_600n, 2n], owner: { node: 'b', incarnation: 'b' } };
    const claim = fakeClaim(second);
    const basis = basisOf(held, { policy: { policy, pointerText: 'pointer 1' } });
    assert.deepEqual(kinds(await claim.send(turn(1), recalled(basis, 7))), ['transact']);
  });

  test('a handover to the holder itself keeps it from nothing', async () => {
    const claim = await entering();
    const watch = { record: { holder: 'a', term: '1', relief: 'a' }, text: 'relief' };
    assert.deepEqual(kinds(await claim.send({ ...WATCH_READ, watch })), ['transact']);
  });

  test('an enter of a known unit goes through while the watch is handed over', async () => {
    const claim = fakeClaim(ENTER);
    await claim.send(turn(1), recalled(null), read(basisOf(await enteredByItself())));
    const watch = { record: { holder: 'a', term: '1', relief: 'b' }, text: 'relief' };
    assert.deepEqual(kinds(await claim.send({ ...WATCH_READ, watch })), ['transact']);
  });

  test('a watch without a holder is named as such', async () => {
    const claim = await entering();
    await claim.send({ ...AWAY, watch: { record: { holder: null, term: '1', relief: null }, text: null } });
    await claim.send({ kind: 'watch-taken', at: at(4), taken: false }, { kind: 'deadline' });
    assert.match(claim.told[0]?.detail ?? '', /^no node is on watch/);
  });

  async function enteredByItself() {
    const claim = await entering();
    await claim.send(WATCH_READ);
    return heldOf(ENTER, attempted(claim));
  }
});
