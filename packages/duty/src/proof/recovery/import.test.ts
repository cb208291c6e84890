import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Policy } from '../../rule/index.ts';
import type { RollbackReportView } from '../../service/contract.ts';
import * as services from '../../service/testing/services.ts';
import { claimOf, policyDocument, startAdopted } from '../../service/testing/services.ts';
import { clockOf, START_MS } from '../../service/testing/world.ts';
import type { ProofReport, ProvenMark, ProvenWord } from '../verify.ts';
import { type ImportChoices, type ImportTarget, planImport } from './import.ts';
import { NODES } from './testing/ground.ts';

const CHAIN = '0x11';
const KEY = '0x22';
const GRANDPA = `${CHAIN}/${KEY}/grandpa`;

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
  const ceilings = { genesisMs: 0, slotMs: 6_000, allowedSkewMs: 500, roundStep: 16, blockStep: 600 };
  const originalWire = { enabled: true, roundScope: 'node-set' };
  const policy = { chain: CHAIN, key: KEY, duties, ceilings, originalWire } as unknown as Policy;
  return { ledger: 'ledger-1', policies: [policy], marks: [], reports: [], ...over };
}

const CHOICES: ImportChoices = {
  fromOtherLedger: false,
  acceptGaps: false,
  floors: new Map(),
  key: null,
  // Two nodes that see round 10 of set 5.
  nodes: NODES.map((node) => ({ ...node, chain: CHAIN, setId: 5n, round: 10n })),
  // Slot 1,000.
  nowMs: 6_000_000,
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
  return { service: 's', id: 'w', text: JSON.stringify({ v: 2, ...word }), release: null };
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

test('an export that was made while its source ran on: what the source granted since is denied', async (context) => {
  const ceilings = { ...policyDocument().ceilings, genesisMs: START_MS - 10_000 };
  const started = async (name: string) => {
    const service = await startAdopted(context, { standbyDelayMs: 0, ceilings }, { options: { name } });
    await service.permit.observe({ chain: services.CHAIN, setId: '0', round: '100' }, 'watcher');
    const vote = (unit: string, byte: string) =>
      service.permit.claim(claimOf({ duty: 'grandpa', unit, part: 'prevote', digest: services.vote(byte) }), {
        node: 'a',
      });
    return { ...service, vote };
  };
  const [source, target] = [await started('source'), await started('target')];
  assert.equal((await source.vote('0/100', '01')).outcome, 'granted');
  const marks = (await source.permit.marks({})).map((mark) => ({
    ...markAt(mark.duty, mark.recent.map(({ unit }) => unit).at(-1) ?? mark.floor),
    mark: `${mark.chain}/${mark.key}/${mark.duty}`,
  }));
  assert.equal((await source.vote('0/101', '01')).outcome, 'granted');

  const policies = await target.permit.policies();
  const health = await target.permit.health();
  const into = { ledger: health.ledger ?? '', policies, marks: await target.permit.marks({}), reports: [] };
  const report = reportOf(marks, { ledger: into.ledger });
  const nowMs = clockOf(context).nowMs();
  const blind = planImport(report, into, { ...CHOICES, nodes: [], nowMs });
  assert.ok(!blind.ok && /0 of the two independent nodes/.test(blind.problems[0]?.what ?? ''));
  const at100 = NODES.map((node) => ({ ...node, chain: services.CHAIN, setId: 0n, round: 100n }));
  const plan = planImport(report, into, { ...CHOICES, nodes: at100, nowMs });
  assert.ok(plan.ok, JSON.stringify(plan));
  for (const { request } of plan.keys) await target.permit.adopt(request, 'test');
  const reply = await target.vote('0/101', '02');
  assert.deepEqual([reply.outcome, reply.reason], ['denied', 'below-floor']);
});

test('the floor of a duty is above exports, held words, target, operator and the present', () => {
  const held = (duty: string, floor: string) =>
    targetOf({ marks: [{ chain: CHAIN, key: KEY, duty, floor, recent: [] }] as never });
  assert.deepEqual(floorsOf(reportOf(BOTH)), { babe: '1000', grandpa: '5/26' });
  assert.equal(floorsOf(reportOf(BOTH), held('babe', '1300'))?.babe, '1300');
  assert.equal(floorsOf(reportOf(BOTH), held('grandpa', '6/1'))?.grandpa, '6/1');
  const words = [heldWord('grandpa', '5/100'), heldWord('babe', '1001')];
  assert.deepEqual(floorsOf(reportOf(BOTH, { words })), { babe: '1001', grandpa: '5/100' });
  const floors = new Map([[GRANDPA, [6n, 0n]]]);
  assert.equal(floorsOf(reportOf(BOTH), targetOf(), { floors })?.grandpa, '6/0');
  assert.match(
    problemsOf(reportOf(BOTH), targetOf(), { floors: new Map([[GRANDPA, [5n, 25n]]]) }),
    /the floor 5\/25 of grandpa .* is below 5\/26/,
  );
});

test('a floor of a mark that no export names is refused', () => {
  const floors = new Map([[`${CHAIN}/0x99/grandpa`, [6n, 0n]]]);
  assert.match(problemsOf(reportOf(BOTH), targetOf(), { floors }), /--floor names 0x11\/0x99\/grandpa/);
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

test('a duty of rounds without a mark needs two nodes, or a floor of the operator', () => {
  const report = reportOf([markAt('babe', '100')]);
  const blind = { nodes: [] };
  assert.match(problemsOf(report, targetOf(), blind), /grandpa of key 0x22: 0 of the two independent nodes/);
  const given = (floor: readonly bigint[] | null) => ({ ...blind, floors: new Map([[GRANDPA, floor]]) });
  assert.equal(floorsOf(report, targetOf(), given(null))?.grandpa, null);
  assert.equal(floorsOf(report, targetOf(), given([1n, 1n]))?.grandpa, '1/1');
  assert.equal(floorsOf(report)?.grandpa, '5/26');
});

test('under a policy without sets a floor that the nodes show is of set 0', () => {
  const originalWire = { enabled: true, slotDuty: 'babe', roundScope: 'unscoped' } as const;
  const target = targetOf({ policies: targetOf().policies.map((policy) => ({ ...policy, originalWire })) });
  const report = reportOf([markAt('grandpa', '0/20')]);
  assert.equal(floorsOf(report, target)?.grandpa, '0/26');
});

test('slots of a source that are more than a day ahead of the clock are refused', () => {
  const day = 24 * 600;
  const slot = (top: number) => reportOf([markAt('babe', `${top}`), markAt('grandpa', '5/20')]);
  assert.equal(floorsOf(slot(1_000 + day))?.babe, `${1_000 + day}`);
  assert.match(problemsOf(slot(1_001 + day)), /slot 15401 of babe .* is more than a day ahead of the clock/);
  const marks = [{ chain: CHAIN, key: KEY, duty: 'babe', floor: '90000', recent: [] }] as never;
  assert.equal(floorsOf(reportOf(BOTH), targetOf({ marks }))?.babe, '90000', 'the target has it already');
  const nodes = CHOICES.nodes.map((node) => ({ ...node, newestMs: CHOICES.nowMs + 86_400_001 }));
  assert.match(
    problemsOf(reportOf(BOTH), targetOf(), { nodes }),
    /newest block of .* is more than a day ahead/,
  );
});

test('a duty that is off keeps its memory too', () => {
  const floors = floorsOf(reportOf([...BOTH, markAt('beefy', '9/900')]));
  assert.deepEqual(floors, { babe: '1000', beefy: '9/900', grandpa: '5/26' });
});

test('floors are above the words that the target holds; one that names no unit is refused', () => {
  const word = (duty: string, top: string | null, over: Partial<RollbackReportView> = {}) =>
    targetOf({ reports: [heldReport(duty, top, over)] });
  assert.equal(floorsOf(reportOf(BOTH), word('babe', '1001'))?.babe, '1001');
  const settled: readonly Partial<RollbackReportView>[] = [
    { state: 'released' },
    { freed: [`${CHAIN} ${KEY}`] },
    { key: '0x33' },
  ];
  for (const over of settled)
    assert.equal(floorsOf(reportOf(BOTH), word('babe', '1001', over))?.babe, '1000');
  const held = heldReport('babe', null);
  const unnamed = { ...held, point: { ...held.point, unit: '1', top: null } };
  assert.match(
    problemsOf(reportOf(BOTH), targetOf({ reports: [unnamed] })),
    /word-1 of alpha .* does not name/,
  );
  assert.ok(floorsOf(reportOf(BOTH), targetOf({ reports: [{ ...unnamed, key: '0x33' }] })));
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
