import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { entryHash } from '../rule/index.ts';
import { fakePermit } from '../service/http/testing/fake-permit.ts';
import { ledgerIn, temporaryDir } from '../service/ledger/testing/ground.ts';
import { withExport } from './index.ts';
import { missingEntries, readExportMemory } from './recovery/index.ts';
import {
  adopted,
  granted,
  type History,
  historyOf,
  KEY,
  kindsOf,
  LEDGER,
  markOf,
  policyOf,
  verifyTexts,
} from './testing/ground.ts';

type TrimRequest = Parameters<ReturnType<typeof withExport>['trimLedger']>[0];

const DAY_MS = 86_400_000;
const FROM = { list: 'entries', after: 0 } as const;

function grown(history: History, slots: number): History {
  let line = history;
  const first = history.entries.length;
  for (let slot = first; slot < first + slots; slot++)
    line = granted(line, { unit: `${slot}`, part: 'seal' }, { atMs: 1_000 });
  return line;
}

/** A service whose entries are 100 days old, and its exports and trims. */
async function stage(t: TestContext) {
  const ledger = await ledgerIn(t, temporaryDir(t));
  await ledger.bind(LEDGER);
  let history = adopted(historyOf('babe'), null);
  const permit = withExport(
    fakePermit({ marks: async () => [markOf(history)], changes: async () => [policyOf(KEY)] }),
    ledger,
    { nowMs: () => 100 * DAY_MS },
  );
  const keep = async (from: number) =>
    ledger.append(
      history.entries.slice(from).map((entry) => ({ entry, hash: entryHash(entry), decision: null })),
    );
  await keep(0);
  return {
    ledger,
    async grow(slots: number) {
      const before = history.entries.length;
      history = grown(history, slots);
      await keep(before);
    },
    async exported() {
      let text = '';
      for await (const line of permit.exportLedger({ marks: true })) text += line;
      const { sha256 } = JSON.parse(text.slice(text.lastIndexOf('\n', text.length - 2)));
      return { text, sha256: String(sha256) };
    },
    async trim(request: Partial<TrimRequest> & Pick<TrimRequest, 'sha256'>) {
      let entries = 0;
      for (let from: TrimRequest['from'] | null = FROM; from !== null; ) {
        const step: Awaited<ReturnType<typeof permit.trimLedger>> = await permit.trimLedger({
          beforeMs: 50 * DAY_MS,
          from,
          ...request,
        });
        entries += step.entries;
        from = step.next;
      }
      return entries;
    },
  };
}

test('a later export is proven with the file of the trim, and not without it', async (t) => {
  const { grow, exported, trim } = await stage(t);
  await grow(3_000);
  const first = await exported();
  assert.equal(await trim({ sha256: first.sha256 }), 3_001 - 1_024);
  await grow(2_000);
  const second = await exported();
  assert.equal(await trim({ sha256: second.sha256 }), 2_000);
  const last = await exported();
  const alone = await verifyTexts(last.text);
  assert.deepEqual([alone.verdict, kindsOf(alone)], ['unproven', ['epoch-start']]);
  const gap = await verifyTexts(first.text, last.text);
  assert.deepEqual([gap.verdict, kindsOf(gap)], ['unproven', ['gap']]);
  const whole = await verifyTexts(first.text, second.text, last.text);
  assert.deepEqual([whole.verdict, whole.entries, kindsOf(whole)], ['proven', 5_001, []]);
});

test('only the last export that was taken to its end lets rows leave, and no row of the last 31 days', async (t) => {
  const { ledger, grow, exported, trim } = await stage(t);
  await grow(2_000);
  const refused = async (request: Parameters<typeof trim>[0], code: string) =>
    assert.rejects(trim(request), { name: 'PermitFault', code });
  await refused({ sha256: 'ab'.repeat(32) }, 'export-unknown');
  const first = await exported();
  await grow(1);
  const second = await exported();
  await refused({ sha256: first.sha256 }, 'export-unknown');
  await refused({ sha256: second.sha256, beforeMs: 69 * DAY_MS + 1 }, 'trim-too-new');
  assert.equal([...ledger.source().entries()].length, 2_002);
  await grow(100);
  // The 100 newer entries are in no export, and push no older one out of it: they only move what stays.
  assert.equal(await trim({ sha256: second.sha256, beforeMs: 69 * DAY_MS }), 2_102 - 1_024);
});

test('an export that breaks off lets no row leave', async (t) => {
  const { grow, exported, trim, ledger } = await stage(t);
  await grow(2_000);
  const permit = withExport(fakePermit(), ledger, { nowMs: () => 100 * DAY_MS });
  const whole = await exported();
  for await (const line of permit.exportLedger({ marks: false })) if (line.includes('"kind":"entry"')) break;
  const request = { sha256: whole.sha256, beforeMs: 50 * DAY_MS, from: FROM };
  await assert.rejects(permit.trimLedger(request), { code: 'export-unknown' });
  assert.equal(await trim({ sha256: whole.sha256 }), 2_001 - 1_024);
});

test('a recovery takes a trimmed entry as one that the ledger file had', async (t) => {
  const { ledger, grow, exported, trim } = await stage(t);
  await grow(100);
  const old = await exported();
  await grow(2_000);
  const { sha256 } = await exported();
  const bytes = [Buffer.from(old.text)];
  const found = await readExportMemory({ name: 'old.ledger', bytes }, 'service-1');
  const store = { marks: [] } as unknown as Parameters<typeof missingEntries>[1];
  const asked = { holds: ledger.holds.bind(ledger), serviceId: 'service-1' };
  assert.equal(found.written.size, 1);
  assert.deepEqual(missingEntries(asked, store, [found]), []);
  await trim({ sha256 });
  assert.deepEqual(missingEntries(asked, store, [found]), []);
});
