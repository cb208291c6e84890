import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type ProofReport, verifyExports } from './index.ts';
import { planImport } from './recovery/index.ts';
import { NODES } from './recovery/testing/ground.ts';

type Floors = Readonly<Record<string, string | null>>;
interface Vector {
  readonly exports: readonly string[];
  readonly verdict: string;
  readonly why?: string;
  readonly findings?: readonly string[];
  readonly tops?: Floors;
  readonly import?: 'refused' | readonly { readonly before: Floors; readonly after: Floors }[];
}
const FOLDER = join(import.meta.dirname, '../../../../spec/duty/exports');

/** A clock and nodes that are behind the exports, so that the exports alone decide. */
const BEHIND = { setId: 1n, round: 0n, nowMs: 6_000 };

/** The floors of an import into a ledger with these; null if it is refused. */
function imported(report: ProofReport, before: Floors): Floors | null {
  const [place = ''] = Object.keys(before);
  const [chain = '', key = ''] = place.split('/');
  const ceilings = { genesisMs: 0, slotMs: 6_000, allowedSkewMs: 500, roundStep: 16 };
  const duties = Object.fromEntries(
    Object.keys(before).map((mark) => [mark.split('/')[2], { enabled: true }]),
  );
  const marks = Object.entries(before).map(([mark, floor]) => ({
    ...{ chain, key, duty: mark.split('/')[2], floor, recent: [] },
  }));
  const policies = [{ chain, key, duties, ceilings, originalWire: {} }];
  const target = { ledger: report.ledger, policies, marks, reports: [] };
  const plan = planImport(report, target as unknown as Parameters<typeof planImport>[1], {
    ...{ fromOtherLedger: false, acceptGaps: false, floors: new Map(), key: null, confirmation: 'a test' },
    ...{ nowMs: BEHIND.nowMs, nodes: NODES.map((node) => ({ ...node, ...BEHIND, chain })) },
  });
  if (!plan.ok) return null;
  const floors = plan.keys.flatMap((one) => one.floors);
  return Object.fromEntries(floors.map(({ duty, floor }) => [`${chain}/${key}/${duty}`, floor]));
}

const files = globSync('*.json', { cwd: FOLDER }).sort();
test('there are vectors', () => assert.ok(files.length > 15));

for (const file of files)
  test(`vector ${file}`, async () => {
    const vector: Vector = JSON.parse(readFileSync(join(FOLDER, file), 'utf8'));
    const inputs = vector.exports.map((text, at) => ({
      name: `export-${at + 1}`,
      bytes: [Buffer.from(text)],
    }));
    const proof = verifyExports(inputs, { scratch: ':memory:' });
    if (vector.verdict === 'refused')
      return assert.rejects(proof, ({ message }) => String(message).includes(vector.why ?? 'none'));
    const report = await proof;
    assert.equal(report.verdict, vector.verdict);
    assert.deepEqual(Object.keys(report.counts).sort(), vector.findings);
    assert.deepEqual(Object.fromEntries(report.marks.map(({ mark, top }) => [mark, top])), vector.tops);
    if (vector.import === 'refused') return assert.equal(imported(report, vector.tops ?? {}), null);
    for (const { before, after } of vector.import ?? []) {
      assert.deepEqual(imported(report, before), after);
      assert.deepEqual(imported(report, after), after, 'a second import changes nothing');
    }
    return undefined;
  });
