import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Policy } from '@watchbill/duty';
import fc from 'fast-check';
import type { RollbackReportView } from '../contract.ts';
import { type ImportChoices, type ImportTarget, planImport } from './import.ts';
import type { ProofReport, ProvenMark, ProvenWord } from './verify.ts';

const CHAIN = '0x11';
const KEY = '0x22';

function markAt(duty: string, top: string | null, isComplete = true): ProvenMark {
  return { mark: `${CHAIN}/${KEY}/${duty}`, entries: 1, epochs: 1, top, isComplete };
}

function reportOf(marks: readonly ProvenMark[], over: Partial<ProofReport> = {}): ProofReport {
  const empty = { exports: [], entries: 1, decisions: 0, words: [], findings: [], counts: {} };
  return { verdict: 'proven', ledger: 'ledger-1', marks, ...empty, ...over };
}

function targetOf(over: Partial<ImportTarget> = {}): ImportTarget {
  const duties = {
    babe: { enabled: true, digestRequired: true, window: 1 },
    grandpa: { enabled: true, digestRequired: true, window: 64 },
    beefy: { enabled: false, digestRequired: true, window: 1 },
  };
  const ceilings = { genesisMs: 0, slotMs: 6_000, allowedSkewMs: 500 };
  const policy = { chain: CHAIN, key: KEY, duties, ceilings } as unknown as Policy;
  return { ledger: 'ledger-1', policies: [policy], marks: [], reports: [], ...over };
}

const CHOICES: ImportChoices = {
  fromOtherLedger: false,
  acceptGaps: false,
  neverSigned: false,
  floors: {},
  key: null,
  // Slot 1,000.
  nowMs: 6_000_000,
  beyondClock: false,
  confirmation: 'source switched off',
};

function heldReport(
  duty: string,
  top: string | null,
  over: Partial<RollbackReportView> = {},
): RollbackReportView {
  return {
    id: 'word-1',
    service: 's',
    node: 'alpha',
    incarnation: 'i',
    chain: CHAIN,
    key: KEY,
    duty,
    point: { epoch: 'e', seq: '1', hash: 'h', unit: top, part: 'seal', nonce: 'n', top },
    why: 'w',
    state: 'held',
    freed: [],
    released: null,
    ...over,
  };
}

function heldWord(duty: string, top: string | null): ProvenWord {
  const word = { chain: CHAIN, key: KEY, duty, top };
  return { service: 's', id: 'w', text: JSON.stringify({ v: 2, word }), release: null };
}

const BOTH = [markAt('babe', '100'), markAt('grandpa', '5/20')];

function floorsOf(report: ProofReport, target = targetOf(), choices: Partial<ImportChoices> = {}) {
  const plan = planImport(report, target, { ...CHOICES, ...choices });
  assert.ok(plan.ok, plan.ok ? '' : plan.problems.map(({ what }) => what).join('\n'));
  return plan.keys[0]?.request.floors;
}

function problemsOf(report: ProofReport, target = targetOf(), choices: Partial<ImportChoices> = {}) {
  const plan = planImport(report, target, { ...CHOICES, ...choices });
  assert.ok(!plan.ok);
  return plan.problems.map(({ what }) => what).join('\n');
}

test('the floor of a duty is the highest unit of exports, held words, target and operator', () => {
  const marks = [{ chain: CHAIN, key: KEY, duty: 'babe', floor: '300', recent: [] }] as never;
  assert.deepEqual(floorsOf(reportOf(BOTH)), { babe: '100', grandpa: '5/20' });
  assert.deepEqual(floorsOf(reportOf(BOTH), targetOf({ marks })), { babe: '300', grandpa: '5/20' });
  const words = [heldWord('grandpa', '5/100'), heldWord('babe', '99')];
  assert.deepEqual(floorsOf(reportOf(BOTH, { words })), { babe: '100', grandpa: '5/100' });
  const floors = { babe: '99', grandpa: '6/0' };
  assert.deepEqual(floorsOf(reportOf(BOTH), targetOf(), { floors }), { babe: '100', grandpa: '6/0' });
});

test('no order of sources lowers a floor', () => {
  const unit = fc.tuple(fc.nat(3), fc.nat(30)).map(([set, round]) => `${set}/${round}`);
  const max = (units: readonly string[]) =>
    units.toSorted((a, b) => {
      const [left, right] = [a, b].map((text) => text.split('/').map(Number));
      return (left?.[0] ?? 0) - (right?.[0] ?? 0) || (left?.[1] ?? 0) - (right?.[1] ?? 0);
    });
  fc.assert(
    fc.property(unit, unit, unit, unit, (exported, word, now, asked) => {
      const marks = [{ chain: CHAIN, key: KEY, duty: 'grandpa', floor: now, recent: [] }] as never;
      const report = reportOf([markAt('babe', '1'), markAt('grandpa', exported)], {
        words: [heldWord('grandpa', word)],
      });
      const floors = floorsOf(report, targetOf({ marks }), { floors: { grandpa: asked } });
      assert.equal(floors?.grandpa, max([exported, word, now, asked]).at(-1));
    }),
  );
});

test('exports of another ledger need the operator to say so', () => {
  assert.match(problemsOf(reportOf(BOTH, { ledger: 'ledger-2' })), /ledger-2.*ledger-1/);
  assert.ok(floorsOf(reportOf(BOTH, { ledger: 'ledger-2' }), targetOf(), { fromOtherLedger: true }));
});

test('altered entries are refused; a fork that the adoption closes is not', () => {
  for (const kind of ['entry-altered', 'entry-foreign', 'chain-broken'] as const)
    assert.match(problemsOf(reportOf(BOTH, { counts: { [kind]: 1 } })), new RegExp(kind));
  assert.ok(floorsOf(reportOf(BOTH, { counts: { fork: 1 }, verdict: 'violation' })));
});

test('missing entries are refused unless the operator accepts them', () => {
  const incomplete = reportOf([markAt('babe', '100', false), markAt('grandpa', '5/20')]);
  assert.match(problemsOf(incomplete), /may be missing/);
  assert.match(problemsOf(reportOf(BOTH, { counts: { 'no-marks': 1 } })), /may be missing/);
  assert.ok(floorsOf(incomplete, targetOf(), { acceptGaps: true }));
});

test('an enabled duty without a mark needs a floor or a word of the operator', () => {
  const report = reportOf([markAt('babe', '100')]);
  assert.match(problemsOf(report), /no mark of grandpa/);
  assert.deepEqual(floorsOf(report, targetOf(), { neverSigned: true }), { babe: '100', grandpa: null });
  assert.deepEqual(floorsOf(report, targetOf(), { floors: { grandpa: '1/1' } }), {
    babe: '100',
    grandpa: '1/1',
  });
});

test('a slot floor more than a day ahead of the clock needs the word of the operator', () => {
  const day = 24 * 600;
  const floors = (slot: number) => ({ floors: { babe: `${1_000 + slot}` } });
  assert.equal(floorsOf(reportOf(BOTH), targetOf(), floors(day))?.babe, `${1_000 + day}`);
  const far = problemsOf(reportOf(BOTH), targetOf(), floors(day + 1));
  assert.match(far, /the floor 15401 of babe .* is more than a day ahead of the clock/);
  const meant = { ...floors(day + 1), beyondClock: true };
  assert.equal(floorsOf(reportOf(BOTH), targetOf(), meant)?.babe, '15401');
  // The source counted slots in another way than the policy of the target does.
  assert.match(
    problemsOf(reportOf([markAt('babe', '90000'), markAt('grandpa', '5/20')])),
    /floor 90000 of babe/,
  );
  const marks = [{ chain: CHAIN, key: KEY, duty: 'babe', floor: '90000', recent: [] }] as never;
  assert.equal(floorsOf(reportOf(BOTH), targetOf({ marks }))?.babe, '90000', 'the target has it already');
});

test('a duty that is off keeps its memory too', () => {
  const floors = floorsOf(reportOf([...BOTH, markAt('beefy', '1/9')]));
  assert.deepEqual(floors, { babe: '100', beefy: '1/9', grandpa: '5/20' });
});

test('a floor below a held word is refused and names the word; there is no plan', () => {
  const refused = problemsOf(reportOf(BOTH), targetOf({ reports: [heldReport('babe', '101')] }));
  assert.match(refused, /100.*word-1 of alpha.*101/);
  assert.ok(floorsOf(reportOf(BOTH), targetOf({ reports: [heldReport('babe', '100')] })));
  const settled: readonly Partial<RollbackReportView>[] = [
    { state: 'released' },
    { freed: [`${CHAIN} ${KEY}`] },
    { key: '0x33' },
  ];
  for (const over of settled)
    assert.ok(floorsOf(reportOf(BOTH), targetOf({ reports: [heldReport('babe', '101', over)] })));
});

test('a held word that names no unit stands against the import', () => {
  for (const word of [heldWord('babe', null), { ...heldWord('babe', '1'), text: 'x' }])
    assert.match(problemsOf(reportOf(BOTH, { words: [word] })), /does not name a unit/);
  const release = { how: 'operator', by: 'ada', reason: 'r', atMs: 1 };
  assert.ok(floorsOf(reportOf(BOTH, { words: [{ ...heldWord('babe', null), release }] })));
});

test('a key without a policy and a key that is not there are named', () => {
  assert.match(problemsOf(reportOf(BOTH), targetOf({ policies: [] })), /no policy for key 0x22/);
  assert.match(problemsOf(reportOf(BOTH), targetOf(), { key: '0x99' }), /no mark of this key/);
});
