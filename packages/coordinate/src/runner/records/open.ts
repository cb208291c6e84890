import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { RunnerFault } from '../fault.ts';
import type { Records } from '../ports.ts';
import { cursorFile } from './cursor-file.ts';
import {
  asFault,
  checkVersion,
  DATABASE_FILE,
  openDatabase,
  ownerOf,
  type RecordsOwner,
} from './database.ts';
import { type EvidenceFiles, evidenceFiles } from './evidence-files.ts';
import { type RecordQueries, recordQueries } from './queries.ts';
import { type RecordTables, recordTables } from './tables.ts';

/** The durable state of one member of one group, in one folder: a cursor, tables, and files of evidence. */
export interface StateFolder extends Records, RecordQueries {
  readonly executions: Pick<RecordTables, 'take' | 'end' | 'unexpired' | 'putProgress' | 'progressOf'>;
  evidence(name: string): Promise<Uint8Array | null>;
  close(): void;
}

export interface Retention {
  /** Windows whose records are kept, in addition to the newest few that are not pruned yet. */
  readonly keepWindows: number;
  readonly keepEvidenceFiles: number;
}

export const RETENTION: Retention = { keepWindows: 10_000, keepEvidenceFiles: 1_000 };

export interface StateOptions {
  readonly retention?: Retention;
  /** How evidence is written into its file; as it is if left out. */
  readonly evidenceFile?: (evidence: Uint8Array) => Uint8Array;
}

/** Pruning reads every record, so it does not run for each new one. */
const PRUNE_EVERY = 64;

/** Open the state folder of a member, for this process alone. Throws a {@link RunnerFault}. */
export async function openStateFolder(
  folder: string,
  owner: RecordsOwner,
  { retention = RETENTION, evidenceFile = (evidence) => evidence }: StateOptions = {},
): Promise<StateFolder> {
  const { keepWindows, keepEvidenceFiles } = retention;
  const db = await openDatabase(folder, owner);
  try {
    const tables = recordTables(db, () => Date.now());
    const files = evidenceFiles(folder);
    const cursor = cursorFile(folder);
    await refuseLostCursor(folder, db, (await cursor.load()) !== null);
    let sincePruned = 0;
    return {
      ...recordQueries(db),
      ...recordsOf(tables, files, evidenceFile),
      loadCursor: () => cursor.load(),
      storeCursor: (text) => cursor.store(text),
      outcome: async (outcome) => {
        tables.outcome(outcome);
        sincePruned += 1;
        if (sincePruned < PRUNE_EVERY) return;
        sincePruned = 0;
        tables.prune(keepWindows);
        await files.prune(keepEvidenceFiles, tables.forgetEvidence);
      },
      executions: tables,
      evidence: (name) => files.read(name),
      close: () => db.close(),
    };
  } catch (error) {
    db.close();
    throw asFault(error, folder);
  }
}

function recordsOf(
  tables: RecordTables,
  files: EvidenceFiles,
  evidenceFile: (evidence: Uint8Array) => Uint8Array,
): Pick<Records, 'fault' | 'receipt'> {
  return {
    fault: async (window, fault) => {
      const { evidence } = fault;
      const shown = evidence === undefined ? fault : { ...fault, evidence: evidenceFile(evidence) };
      const name = await files.keep(window, shown);
      tables.fault(window, fault.culprit, fault.kind, name);
    },
    receipt: async (window, receipt) => tables.receipt(window, receipt),
  };
}

/** A member with records and without a cursor has lost its signing history. */
async function refuseLostCursor(folder: string, db: DatabaseSync, hasCursor: boolean): Promise<void> {
  const { ran } = db.prepare('SELECT EXISTS (SELECT 1 FROM outcomes) AS ran').get() ?? {};
  if (hasCursor || ran !== 1) return;
  throw new RunnerFault(
    'cursor-lost',
    `${folder} has records of earlier windows and no cursor: this member lost the record of its signatures`,
    'restore the file `cursor`; if it is gone for good, wait until every window and every lease that was open when it was lost is over, and start with an empty state folder',
  );
}

/** The records of a member whose process does not run. */
export interface StateReader extends RecordQueries {
  readonly owner: Readonly<Record<string, string>>;
  close(): void;
}

/** Reads a state folder. Throws `state-locked` while its process runs; then ask the process by HTTP. */
export function readStateFolder(folder: string): StateReader {
  const path = join(folder, DATABASE_FILE);
  if (!existsSync(path))
    throw new RunnerFault(
      'state-refused',
      `${folder} has no records of a member`,
      'start `watchbill coordinate run` first, or name the right folder',
    );
  let db: DatabaseSync | null = null;
  try {
    db = new DatabaseSync(path, { readOnly: true, timeout: 0 });
    checkVersion(db, path);
    const opened = db;
    return { ...recordQueries(db), owner: ownerOf(db), close: () => opened.close() };
  } catch (error) {
    db?.close();
    throw asFault(error, folder);
  }
}
