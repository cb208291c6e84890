import { table } from '@watchbill/kit';
import type { Io } from '@watchbill/kit/command/io';
import { lines, print } from '@watchbill/kit/command/print';
import { short } from '@watchbill/kit/command/text';
import type { ProgrammeStore } from '../../storage/index.ts';
import type { IntentRow, JournalLine } from '../../transactions/index.ts';
import { type TxFlags, withStore } from './store.ts';

export interface ListFlags extends TxFlags {
  readonly all?: boolean;
  readonly journal?: boolean;
  readonly limit: number;
}

/** A nomination with its reason to wait, and with its journal if --journal asks for it. */
interface Listed extends IntentRow {
  /** Name of the nominator in the programme, or its key if the programme no longer has it. */
  readonly name: string;
  /** The reason to wait for a person; null if it waits for none. */
  readonly held: string | null;
  readonly waiting: string | null;
  readonly journal?: readonly JournalLine[];
}

/** `nominate tx list`. */
export async function listIntents(io: Io, options: ListFlags): Promise<void> {
  const rows = await withStore(io, options.config, async (store, { programme }) => {
    const names = new Map(programme.nominators.map(({ name, stashKey }) => [stashKey, name]));
    const found = await store.intents.list({
      ...(options.all === true ? {} : { open: true }),
      limit: options.limit,
    });
    const listed: Listed[] = [];
    for (const row of found) listed.push(await listedOf(store, row, names, options.journal === true));
    return listed;
  });
  print(io, options.json, { transactions: rows }, () =>
    rows.length === 0 ? lines(['there are no open nominations']) : textOf(rows),
  );
}

async function listedOf(
  { intents }: ProgrammeStore,
  row: IntentRow,
  names: ReadonlyMap<string, string>,
  withJournal: boolean,
): Promise<Listed> {
  const stored = await intents.load(row.id);
  return {
    ...row,
    name: names.get(row.nominator) ?? row.nominator,
    held: stored?.state.held ?? null,
    waiting: stored?.state.waiting ?? null,
    ...(withJournal ? { journal: await intents.journal(row.id) } : {}),
  };
}

function textOf(rows: readonly Listed[]): string {
  const [first] = rows;
  if (first?.journal === undefined) return intentTable(rows);
  return rows.map((row) => `${intentTable([row])}${journalText(row.journal ?? [])}`).join('\n');
}

function intentTable(rows: readonly Listed[]): string {
  return table(
    ['id', 'nominator', 'era', 'state', 'because', 'changed'],
    rows.map(({ id, name, era, state, reason, held, waiting, changedMs }) => [
      id.slice(0, 12),
      short(name),
      String(era),
      state,
      held === null ? (reason ?? waiting ?? '') : `waits for a person: ${held}`,
      new Date(changedMs).toISOString(),
    ]),
  );
}

function journalText(journal: readonly JournalLine[]): string {
  return lines(
    journal.map(({ height, from, to, reason, detail, extrinsic }) => {
      const step = from === to ? to : `${from} > ${to}`;
      return `  block ${height}  ${step}  ${reason}: ${detail}${extrinsic === null ? '' : `  ${extrinsic}`}`;
    }),
  );
}
