import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { entryHash, type LedgerEntry } from '../rule/index.ts';
import type { DecisionLine } from '../service/ledger/lines.ts';
import { ENTRY_FAULTS, REPEAT_FAULTS, STORE_FAULTS } from './testing/faults.ts';
import { FORK_FAULTS } from './testing/fork-faults.ts';
import {
  adopted,
  decisionsOf,
  type Exported,
  exportText,
  granted,
  type History,
  historyOf,
  kindsOf,
  LEDGER,
  markOf,
  verifyTexts,
} from './testing/ground.ts';
import { all, DUTIES, honest, split, withLast } from './testing/histories.ts';

const histories = fc.record({
  duty: fc.constantFrom(...DUTIES),
  moves: fc.array(fc.nat(99), { minLength: 3, maxLength: 30 }),
});

async function verifyAll(exports: readonly Exported[]) {
  return verifyTexts(
    ...(await Promise.all(exports.filter(({ entries }) => entries.length > 0).map(exportText))),
  );
}

test('a history without a fault is proven, whatever services hold which entries', async () => {
  await fc.assert(
    fc.asyncProperty(histories, async ({ duty, moves }) => {
      const line = honest(duty, moves);
      const report = await verifyAll(split(line));
      assert.deepEqual(kindsOf(report), []);
      assert.equal(report.verdict, 'proven');
      assert.equal(report.entries, line.entries.length);
    }),
  );
});

const FAULTS = { ...ENTRY_FAULTS, ...FORK_FAULTS, ...STORE_FAULTS, ...REPEAT_FAULTS };

for (const [name, fault] of Object.entries(FAULTS)) {
  test(`found: ${name}`, async () => {
    const { finds, verdict = 'violation', duties = DUTIES } = fault;
    const cases = fc.record({
      duty: fc.constantFrom(...duties),
      moves: fc.array(fc.nat(99), { minLength: 3, maxLength: 20 }),
      pick: fc.nat(),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ duty, moves, pick }) => {
        const report = await verifyAll(fault.inject(honest(duty, moves), pick));
        assert.ok(finds in report.counts, `${finds} not in ${kindsOf(report)}`);
        assert.equal(report.verdict, verdict, kindsOf(report).join(' '));
        const found = report.findings.filter(({ kind }) => kind === finds);
        assert.ok(found.every(({ text }) => text !== ''));
      }),
      { numRuns: 100 },
    );
  });
}

test('a vote that was repeated to another node, a seal to its own start and an enter are no fault', async () => {
  const last = (line: History, over: Partial<DecisionLine>) => {
    const decisions = decisionsOf(line.entries);
    const again = decisions.at(-1) ?? assert.fail();
    const more = [...decisions, { ...again, id: 1_000, reason: 'repeat', ...over }];
    return verifyAll(all(line, { decisions: more }));
  };
  const round = adopted(historyOf('grandpa'), '1/10');
  const entered = granted(round, { unit: '1/11', part: 'enter' });
  const reports = [
    await last(withLast(round), { node: 'bravo', incarnation: 'start-9' }),
    await last(withLast(adopted(historyOf('babe'), '10')), {}),
    await last(entered, {}),
  ];
  for (const report of reports) assert.deepEqual([report.verdict, kindsOf(report)], ['proven', []]);
});

test('a fork is reported with its numbers and both hashes', async () => {
  const line = adopted(historyOf('babe'), '10');
  const [one, other] = [
    withLast(granted(line, { unit: '11', part: 'seal' })),
    granted(line, { unit: '12', part: 'seal' }),
  ];
  const longer = granted(other, { unit: '13', part: 'seal' });
  const report = await verifyAll(all(one, { entries: [...one.entries, ...longer.entries.slice(1)] }));
  const [fork, ...more] = report.findings.filter(({ kind }) => kind === 'fork');
  assert.deepEqual(more, []);
  assert.deepEqual(fork?.seqs, ['2', '3']);
  const hashes = [one.entries[1], other.entries[1]].map((entry) => entryHash(entry as LedgerEntry));
  assert.deepEqual([...(fork?.hashes ?? [])].toSorted(), hashes.toSorted());
});

test('held and released words are listed; the newest export of a service says what is held', async () => {
  const { entries } = adopted(historyOf('babe'), '10');
  const word = (id: string, release: 'none' | 'operator') => ({
    kind: 'word' as const,
    id,
    text: '{}',
    release: release === 'none' ? null : { how: 'operator', by: 'ada', reason: 'checked', atMs: 7 },
  });
  const later = await exportText({ entries, words: [word('a', 'operator'), word('b', 'none')], atMs: 9_000 });
  const earlier = await exportText({ entries, words: [word('a', 'none')] });
  for (const texts of [
    [later, earlier],
    [earlier, later],
  ]) {
    const { words } = await verifyTexts(...texts);
    const listed = words.map(({ id, release }) => [id, release?.by ?? null]);
    assert.deepEqual(listed, [
      ['a', 'ada'],
      ['b', null],
    ]);
  }
});

test('a held word stays in the report, however many released words the exports have; more held ones are refused', async () => {
  const { entries } = adopted(historyOf('babe'), '10');
  const many = Array.from({ length: 10_001 }, (_, index) => ({
    ...{ kind: 'word' as const, id: `a${index.toString().padStart(5, '0')}`, text: '{}', release: null },
  }));
  const release = { how: 'explained', by: 'service', reason: 'the store explains it', atMs: 7 };
  const explained = many.map((word) => ({ ...word, release }));
  const held = { kind: 'word' as const, id: 'b', text: '{}', release: null };
  const { words } = await verifyTexts(await exportText({ entries, words: [...explained, held] }));
  assert.deepEqual([words.length, words.at(-1)?.id, words.at(-1)?.release], [10_000, 'b', null]);
  const refused = verifyTexts(await exportText({ entries, words: many }));
  await assert.rejects(refused, { name: 'ExportFault', message: /more than 10000 held words/ });
});

test('a held word that the newest export lacks is held until an export shows its release', async () => {
  const { entries } = adopted(historyOf('babe'), '10');
  const word = { kind: 'word' as const, id: 'a', text: '{}', release: null };
  const heard = await exportText({ entries, words: [word], atMs: 5_000 });
  // The ledger file was put back, or the clock of the first export was ahead.
  const without = await exportText({ entries, atMs: 9_000 });
  const { words } = await verifyTexts(heard, without);
  assert.deepEqual(
    words.map(({ id, release }) => [id, release]),
    [['a', null]],
  );
});

test('a decision in two exports counts once; a number that was used again does not hide another decision', async () => {
  const line = granted(adopted(historyOf('babe'), '10'), { unit: '11', part: 'seal' });
  const decisions = decisionsOf(line.entries);
  const again = await exportText({ entries: line.entries, decisions });
  const report = await verifyTexts(again, again);
  assert.deepEqual([report.decisions, kindsOf(report)], [1, ['no-marks']]);
  const other = decisions.map((decision) => ({ ...decision, unit: '12' }));
  const restored = await exportText({ entries: line.entries, decisions: other });
  assert.ok('grant-without-entry' in (await verifyTexts(again, restored)).counts);
});

test('one line with a number that thousands of entries have is followed in bounded memory', async () => {
  const base = adopted(historyOf('babe'), '10');
  const twins = Array.from({ length: 3_000 }, (_, index) =>
    granted(base, { unit: `${11 + index}`, part: 'seal' }).entries.slice(-1),
  ).flat();
  const report = await verifyAll(all(base, { entries: [...base.entries, ...twins] }));
  assert.equal(report.verdict, 'violation');
  assert.ok((report.counts.fork ?? 0) >= 1);
});

test('exports of two ledgers are refused, without a conclusion', async () => {
  const { entries } = adopted(historyOf('babe'), '10');
  const other = entries.map((entry) => ({ ...entry, ledger: 'ledger-2' }));
  const texts = [await exportText({ entries }), await exportText({ entries: other, ledger: 'ledger-2' })];
  await assert.rejects(verifyTexts(...texts), {
    name: 'ExportFault',
    code: 'export-foreign',
    message: new RegExp(LEDGER),
  });
});

test('a file that was changed or cut off is refused', async () => {
  const line = honest('babe', [1, 2, 3]);
  const text = await exportText({ entries: line.entries, marks: [markOf(line)] });
  const bytes = Buffer.from(text);
  await fc.assert(
    fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ change;
      await assert.rejects(verifyTexts(changed.toString('latin1')), { name: 'ExportFault' });
      await assert.rejects(verifyTexts(text.slice(0, at)), { name: 'ExportFault' });
    }),
  );
  const lines = text.split('\n').slice(0, -1);
  for (const count of lines.keys()) {
    const cut = lines.slice(0, count).map((line) => `${line}\n`);
    await assert.rejects(verifyTexts(cut.join('')), { name: 'ExportFault' }, `${count} lines`);
  }
  const recounted = text.replace(`"entry":${line.entries.length}`, `"entry":${line.entries.length + 1}`);
  assert.notEqual(recounted, text);
  await assert.rejects(verifyTexts(recounted), { name: 'ExportFault', message: /lines of kind entry/ });
  for (const wrong of [
    '',
    '\n',
    '{}\n',
    'watchbill\n',
    text + text,
    `${text}{}\n`,
    text.replace('"v":1', '"v":2'),
    text.replace(/"seq":"\d+"/, '"seq":"u"'),
  ])
    await assert.rejects(verifyTexts(wrong), { name: 'ExportFault' }, wrong.slice(0, 20));
});
