import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type LedgerPoint, pointOf } from '../../rule/index.ts';
import {
  AMBIGUOUS,
  APPLIED,
  adopted,
  at,
  basisOf,
  claimWith,
  DEADLINE_MS,
  FREE,
  failed,
  heldOf,
  now,
  ON_WATCH,
  OWN,
  read,
  recalled,
  SEAL,
  STANDING,
  short,
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

describe('a claim that gets its turn', () => {
  test('after its deadline says so, whatever the state of the service is', async () => {
    const claim = fakeClaim();
    await claim.send(turn(DEADLINE_MS, { state: 'checking' }));
    assert.deepEqual(claim.told.map(short), ['unknown:deadline']);
  });

  test('while the session record is not certain is not judged yet', async () => {
    const stranger = fakeClaim({ ...SEAL, owner: { node: 'c', incarnation: 'x' } });
    assert.deepEqual(kinds(await stranger.send(turn(1, { text: null }), recalled(basisOf(FREE)))), ['wait']);
  });
});

describe('the first effects', () => {
  test('of a turn ask for no record that this service has', async () => {
    assert.deepEqual(kinds(await fakeClaim().send(turn(1))), ['read']);
    assert.deepEqual(kinds(await fakeClaim().send(turn(1), recalled(basisOf(FREE)))), ['transact']);
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
});

describe('preference', () => {
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
    assert.match(claim.told[0]?.detail ?? '', /^no node is active/);
  });

  async function enteredByItself() {
    const claim = await entering();
    await claim.send(WATCH_READ);
    return heldOf(ENTER, attempted(claim));
  }
});
