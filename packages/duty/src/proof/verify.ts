import type { SQLOutputValue } from 'node:sqlite';
import { dutyNamed } from '../rule/index.ts';
import { placeOf, unpadded } from '../service/ledger/lines.ts';
import { checkChanges } from './changes.ts';
import { checkEpochs, type MarkAt, topOf } from './epochs.ts';
import { ExportFault, TooMuch } from './faults.ts';
import { collectFindings, type FindingKind, type Findings } from './findings.ts';
import { checkDecisions, checkGrants, checkRepeats } from './grants.ts';
import { type LoadedExport, refuseOtherLedger, takeLine } from './load.ts';
import { checkPoints } from './points.ts';
import { type ExportInput, readExport } from './read-export.ts';
import { openWorkspace, type Workspace } from './workspace.ts';

/** `violation` outweighs `unproven`. */
export type Verdict = 'proven' | 'unproven' | 'violation';

export type ProvenMark = ReturnType<typeof checkMark>;

export type ProvenWord = ReturnType<typeof wordOf>;

/** The result of a proof. */
export type ProofReport = ReturnType<typeof reportOf>;

export interface VerifyOptions {
  /**
   * File of the scratch database, in a folder that the caller makes and removes; `:memory:` for small proofs.
   */
  readonly scratch: string;
  /** Called now and then with the current step. */
  readonly onProgress?: (stage: 'read' | 'check', count: number, of: string) => void;
}

/** Progress is reported after so many lines. */
const PROGRESS_LINES = 50_000;
const MAX_WORDS = 10_000;

/**
 * Verify any number of exports of one ledger: claim protocol, section 7. Memory use does not grow with the
 * exports. Throws {@link ExportFault} on an export that cannot be used; then the proof draws no conclusion
 * from any.
 */
export async function verifyExports(
  inputs: readonly ExportInput[],
  options: VerifyOptions,
): Promise<ProofReport> {
  if (inputs.length === 0) throw new RangeError('a proof needs at least one export');
  const workspace = openWorkspace(options.scratch);
  try {
    const findings = collectFindings();
    const loaded = await readAll(workspace, inputs, findings, options);
    const marks = checkAll(workspace, loaded, findings, options);
    checkChanges(workspace, findings);
    return reportOf(workspace, loaded, marks, findings);
  } catch (error) {
    if (!(error instanceof TooMuch)) throw error;
    const names = inputs.map(({ name }) => name).join(', ');
    throw new ExportFault('export-unreadable', names, error.message, error.remedy);
  } finally {
    workspace.close();
  }
}

async function readAll(
  workspace: Workspace,
  inputs: readonly ExportInput[],
  findings: Findings,
  { onProgress }: VerifyOptions,
): Promise<readonly LoadedExport[]> {
  const loaded: LoadedExport[] = [];
  workspace.db.exec('BEGIN');
  for (const input of inputs) {
    const { name } = input;
    let lines = 0;
    const whole = await readExport(input, (line, of) => {
      lines += 1;
      if (lines % PROGRESS_LINES === 0) onProgress?.('read', lines, name);
      takeLine({ workspace, findings, ...of, index: loaded.length }, line);
    });
    refuseOtherLedger(loaded[0], whole, name);
    loaded.push({ name, header: whole });
  }
  workspace.db.exec('COMMIT');
  if (loaded.every(({ header }) => !header.hasMarks)) {
    const text =
      'no export carries the marks of the store, so entries after the last known one cannot be excluded';
    findings.add('no-marks', text);
  }
  return loaded;
}

function checkAll(
  workspace: Workspace,
  loaded: readonly LoadedExport[],
  findings: Findings,
  { onProgress }: VerifyOptions,
): readonly ProvenMark[] {
  const rows = workspace.sql('SELECT id, name FROM marks ORDER BY name').all();
  return rows.map((row, index) => {
    const mark = { id: Number(row.id), name: String(row.name) };
    onProgress?.('check', index + 1, mark.name);
    return checkMark(workspace, mark, loaded, findings);
  });
}

/** Kinds of findings that mean that entries of a mark are missing. */
const MISSING: readonly FindingKind[] = ['gap', 'epoch-start', 'store-ahead'];

function checkMark(workspace: Workspace, mark: MarkAt, loaded: readonly LoadedExport[], findings: Findings) {
  const missing = () => MISSING.reduce((sum, kind) => sum + (findings.counts()[kind] ?? 0), 0);
  const before = missing();
  const duty = dutyNamed(placeOf(mark.name)?.duty ?? '');
  if (duty === null) throw new RangeError(`${mark.name} is of no known duty`);
  const epochs = checkEpochs(workspace, mark, findings);
  checkPoints({ workspace, mark, epochs, findings, loaded });
  checkGrants(workspace, mark, duty, findings);
  const isComplete = missing() === before;
  checkDecisions(workspace, mark, isComplete, findings);
  checkRepeats(workspace, mark, duty, findings);
  const count = workspace.sql('SELECT count(*) AS count FROM entries WHERE mark = ?').get(mark.id)?.count;
  const top = topOf(workspace, mark);
  return {
    mark: mark.name,
    entries: Number(count),
    epochs: epochs.size,
    // The highest unit of the mark in all exports: granted, shown by the store, or set as a floor.
    top: top === null ? null : unpadded(top),
    // True if all entries up to the mark's last one are in the exports.
    isComplete,
  };
}

function reportOf(
  { sql }: Workspace,
  loaded: readonly LoadedExport[],
  marks: readonly ProvenMark[],
  findings: Findings,
) {
  const unproven: Verdict = findings.count('unproven') > 0 ? 'unproven' : 'proven';
  const verdict: Verdict = findings.count('violation') > 0 ? 'violation' : unproven;
  return {
    verdict,
    ledger: loaded[0]?.header.ledger ?? '',
    exports: loaded.map(({ name, header: { service, epoch, atMs, hasMarks } }) => {
      return { name, service, epoch, atMs, hasMarks };
    }),
    entries: marks.reduce((sum, { entries }) => sum + entries, 0),
    // Parts that services answered with `granted`, repeats included.
    decisions: Number(sql('SELECT count(*) AS count FROM decisions').get()?.count),
    marks,
    words: wordsOf({ sql }, loaded),
    // At most 100 of each kind; `counts` has them all.
    findings: findings.kept(),
    counts: findings.counts(),
  };
}

const HELD = `SELECT w.*, EXISTS (SELECT 1 FROM words AS r WHERE r.service = w.service AND r.id = w.id AND r.how <> '')
  AS isReleased FROM words AS w WHERE w.how = '' ORDER BY w.service, w.id`;
const RELEASED = "SELECT * FROM words WHERE how <> '' ORDER BY service, id, atMs LIMIT ?";

/**
 * Every held word, and as many releases as there is room for. An import must lie above each held word, so
 * more of them than the report can list are refused.
 */
function wordsOf({ sql }: Pick<Workspace, 'sql'>, loaded: readonly LoadedExport[]): readonly ProvenWord[] {
  const held = heldWords({ sql }, loaded);
  const released = sql(RELEASED)
    .all(MAX_WORDS - held.length)
    .map(wordOf);
  return [...held, ...released].toSorted(byPlace);
}

/**
 * The words that the newest export of their service holds, and those that no export shows as released: a
 * ledger file that was put back, or a clock that was ahead, must not hide a word.
 */
function heldWords({ sql }: Pick<Workspace, 'sql'>, loaded: readonly LoadedExport[]): readonly ProvenWord[] {
  const newest = new Map<string, number>();
  for (const { header } of loaded)
    newest.set(header.service, Math.max(newest.get(header.service) ?? header.atMs, header.atMs));
  const held: ProvenWord[] = [];
  for (const row of sql(HELD).iterate()) {
    const isNewest = Number(row.exportedMs) === newest.get(String(row.service));
    if (!isNewest && Number(row.isReleased) === 1) continue;
    if (held.length >= MAX_WORDS)
      throw new TooMuch(
        `the exports hold more than ${MAX_WORDS} held words`,
        'Give the newest export of each service alone: a service holds far fewer.',
      );
    held.push(wordOf(row));
  }
  return held;
}

/** A word that the store did not explain. `release` is null while the word is held. */
function wordOf(row: Record<string, SQLOutputValue>) {
  const [service, how, by] = [String(row.service), String(row.how), String(row.by)];
  const release = how === '' ? null : { how, by, reason: String(row.reason), atMs: Number(row.atMs) };
  return { service, id: String(row.id), text: String(row.text), release };
}

function byPlace(one: ProvenWord, other: ProvenWord): number {
  if (one.service !== other.service) return one.service < other.service ? -1 : 1;
  if (one.id !== other.id) return one.id < other.id ? -1 : 1;
  return (one.release?.atMs ?? 0) - (other.release?.atMs ?? 0);
}
