import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { handOverChecks, SILENCE_MS, takeOverChecks } from './checklist.ts';
import type { MemberReport } from './member.ts';
import { type RoleRecord, renewed, rested, taken } from './record.ts';
import type { PairView } from './view.ts';

const FIRST = { holder: 'alpha', how: 'first', by: 'ada', reason: 'new', seenTerm: 0n } as const;
const HELD: RoleRecord = renewed(taken(null, FIRST));

const reportOf = (name: string, change: Partial<MemberReport> = {}): MemberReport => ({
  ...{ name, beat: 7n, seenTerm: 1n, keys: ['gran 0xaa'], open: 0, check: 'match', busyWith: null, say: '' },
  node: { version: '1.2.3', peerId: `12D3KooW${name}`, peers: 5, syncing: false, finalized: 100n },
  ...change,
});

function viewOf(of: Partial<PairView> = {}, bravo: Partial<MemberReport> = {}, alive = true): PairView {
  const members = [
    { report: reportOf('alpha', { open: 1 }), alive: true },
    { report: reportOf('bravo', bravo), alive },
  ];
  return { record: HELD, members, watchedMs: 5_000, moved: true, ...of };
}

/** Names of the checks that are not ok, with their states. */
const wrong = (checks: ReturnType<typeof handOverChecks>): readonly string[] =>
  checks.flatMap(({ name, state }) => (state === 'ok' ? [] : [`${name} ${state}`]));

const handOver = (...given: Parameters<typeof viewOf>): readonly string[] =>
  wrong(handOverChecks(viewOf(...given), 'bravo'));
const takeOver = (view: PairView): readonly string[] => wrong(takeOverChecks(view, 'bravo'));

describe('the checks before a handover', () => {
  it('are ok for a standby that is in sync and has the same keys', () => {
    assert.deepEqual(handOver(), []);
  });

  it('fail for a standby that is silent, behind, or has other keys', () => {
    const node = { version: '1.2.3', peerId: '12D3KooWbravo', peers: 5, syncing: false, finalized: 80n };
    const found = handOver({}, { node, keys: ['gran 0xbb'], check: 'mismatch' }, false);
    assert.deepEqual(found, [
      'guard of bravo fail',
      'finalised height fail',
      'same session keys fail',
      'keys on chain fail',
    ]);
    const syncing = { ...node, syncing: true, finalized: 100n };
    assert.deepEqual(handOver({}, { node: syncing }), ['node of bravo fail']);
  });

  it('are unknown for a node that does not answer, and for a machine that never reported', () => {
    const silent = handOver({}, { node: null, check: 'unknown' });
    assert.deepEqual(silent, [
      ...['node of bravo unknown', 'finalised height unknown', 'own node key unknown'],
      'keys on chain unknown',
    ]);
    const stranger = wrong(handOverChecks(viewOf(), 'charlie'));
    assert.deepEqual(stranger[0], 'guard of charlie fail');
    assert.ok(stranger.includes('same session keys unknown'));
  });

  it('fail for a spare that is active for another validator, and so does a take-over', () => {
    const view = viewOf(
      { record: rested(HELD, null), watchedMs: SILENCE_MS, moved: false },
      { busyWith: '5One' },
    );
    for (const found of [handOver({}, { busyWith: '5One' }), takeOver(view)])
      assert.deepEqual(found, ['guard of bravo fail']);
  });

  it('fail for a standby that runs with the node key of the active machine', () => {
    const node = { version: '1.2.3', peerId: '12D3KooWalpha', peers: 5, syncing: false, finalized: 100n };
    assert.deepEqual(handOver({}, { node }), ['own node key fail']);
  });

  it('are ok if only the active node hangs: that is a reason to hand over', () => {
    const hangs = (alive: boolean): readonly string[] => {
      const alpha = { report: reportOf('alpha', { open: 1, node: null }), alive };
      return handOver({ members: [alpha, { report: reportOf('bravo'), alive: true }] });
    };
    assert.deepEqual(hangs(true), []);
    assert.ok(hangs(false).includes('finalised height unknown'));
  });

  it('fail without an active machine that runs, and for the active machine itself', () => {
    assert.ok(handOver({ record: null }).includes('active machine fail'));
    assert.ok(handOver({ record: rested(HELD, 5n) }).includes('active machine fail'));
    assert.ok(wrong(handOverChecks(viewOf(), 'alpha')).includes('another machine fail'));
    assert.ok(handOver({ record: { ...HELD, to: 'charlie' } }).includes('no other handover fail'));
  });
});

describe('the checks before a take-over', () => {
  const watched = { watchedMs: SILENCE_MS, moved: false };

  it('are ok for the first machine, after a silence, and after a stop that its guard wrote down', () => {
    const first = viewOf({ record: null }, { seenTerm: 0n });
    const strangers = first.members.slice(1);
    assert.deepEqual(takeOver({ ...first, members: strangers }), []);
    assert.deepEqual(takeOver(viewOf(watched)), []);
    assert.deepEqual(takeOver(viewOf({ ...watched, record: rested(HELD, 5n) })), []);
  });

  it('fail while a guard renews its role or writes its stop, and before it was silent for long enough', () => {
    for (const record of [HELD, rested(HELD, 5n)])
      for (const early of [{ moved: true }, { watchedMs: SILENCE_MS - 1 }])
        assert.deepEqual(takeOver(viewOf({ record, ...watched, ...early })), ['active machine fail']);
  });
});

describe('a store that went back', () => {
  /** The machines saw term 3; the store has a record of term 1, or none. */
  const wentBack = (record: RoleRecord | null, of: Partial<PairView> = {}): PairView => {
    const members = ['alpha', 'bravo'].map((name) => ({
      report: reportOf(name, { seenTerm: 3n }),
      alive: true,
    }));
    return viewOf({ record, members, moved: false, ...of });
  };
  const sayOf = (view: PairView): string | undefined => takeOverChecks(view, 'bravo')[0]?.say;

  it('needs a silence before a take-over, although its record is free or gone', () => {
    for (const record of [rested(HELD, 5n), null]) {
      const early = wentBack(record, { watchedMs: SILENCE_MS - 1 });
      assert.deepEqual(takeOver(early), ['active machine fail']);
      assert.equal(sayOf(early), 'the store went back before term 3; no guard renewed its record for 39 s');
      assert.deepEqual(takeOver(wentBack(record, { watchedMs: SILENCE_MS })), []);
    }
    const runs = wentBack(HELD, { watchedMs: SILENCE_MS, moved: true });
    assert.deepEqual(takeOver(runs), ['active machine fail']);
    assert.equal(sayOf(runs), 'the guard of alpha runs');
  });

  it('lets a person choose the machine that its record names', () => {
    const view = wentBack({ ...HELD, holder: 'bravo' }, { watchedMs: SILENCE_MS });
    assert.deepEqual(takeOver(view), []);
  });

  it('has no active machine that could hand over', () => {
    const [first] = handOverChecks(wentBack(HELD), 'bravo');
    assert.deepEqual([first?.state, first?.say], ['fail', 'not known: the store went back before term 3']);
  });

  it('does not know the last slot of the machine that was active', () => {
    const by = { ...FIRST, holder: 'bravo', how: 'person' } as const;
    assert.equal(taken(rested(HELD, 9n), { ...by, seenTerm: 3n }).lastSlot, null);
    assert.equal(taken(rested(HELD, 9n), { ...by, seenTerm: 1n }).lastSlot, 9n);
    assert.equal(taken({ ...HELD, lastSlot: 9n }, by).lastSlot, null, 'it could not say it');
  });
});

describe('the record of a pair', () => {
  it('begins a term above every term that a machine has seen', () => {
    assert.equal(taken(HELD, { ...FIRST, seenTerm: 8n }).term, 9n);
    assert.equal(taken(HELD, FIRST).term, 2n);
  });
});
