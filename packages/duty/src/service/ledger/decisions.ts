import type { DatabaseSync, SQLInputValue, SQLOutputValue } from 'node:sqlite';
import type { DecisionRecord } from '../contract.ts';
import { AT_OPEN } from './schema.ts';

export type NewDecision = Omit<DecisionRecord, 'id'>;

const COLUMNS = [
  ...['id', 'atMs', 'outcome', 'reason', 'detail', 'chain', 'key', 'duty', 'unit', 'digest', 'node'],
  ...['incarnation', 'claimId', 'seq', 'via', 'tookMs'],
] as readonly Exclude<keyof DecisionRecord, 'parts'>[];

export function openDecisions(db: DatabaseSync, maxDenials: number) {
  const insert = db.prepare(
    `INSERT INTO decisions (durable, parts, ${COLUMNS}) VALUES (?, ?, ${COLUMNS.map(() => '?')})`,
  );
  const oldest = 'SELECT id FROM decisions WHERE durable = 0 ORDER BY id LIMIT ?';
  const pruneSearch = db.prepare(`DELETE FROM decisions_search WHERE id IN (${oldest})`);
  const prune = db.prepare(`DELETE FROM decisions WHERE id IN (${oldest})`);
  let lastId = Number(db.prepare(AT_OPEN.lastDecision).get()?.id ?? 0);
  let noteCount = Number(db.prepare(AT_OPEN.noteCount).get()?.count);

  /** The decisions of one group; `settle` after its commit. */
  function group() {
    const added: DecisionRecord[] = [];
    let notes = noteCount;
    return {
      add(decision: NewDecision, durable: boolean): void {
        const record = { ...decision, id: lastId + added.length + 1 };
        insert.run(...rowOf(record, durable));
        added.push(record);
        if (!durable) notes += 1;
      },
      /** Let the oldest refusals leave, so that at most the allowed number stays. Grants leave by a trim. */
      prune(): void {
        if (notes <= maxDenials) return;
        pruneSearch.run(notes - maxDenials);
        notes -= Number(prune.run(notes - maxDenials).changes);
      },
      /** The decisions of the group with their ids, ascending. */
      settle(): readonly DecisionRecord[] {
        lastId += added.length;
        noteCount = notes;
        return added;
      },
    };
  }
  return { group };
}

/** One invalid field would fail the grants that share its commit, so every value is made bindable. */
function rowOf(record: DecisionRecord, durable: boolean): SQLInputValue[] {
  return [durable ? 1 : 0, record.parts.join(' '), ...COLUMNS.map((name) => record[name] ?? null)];
}

/** A row of the table as the record it was. */
export function decisionOf(row: Record<string, SQLOutputValue>): DecisionRecord {
  const { durable: _durable, parts, ...rest } = row;
  const names = String(parts);
  // The columns have the names of the fields, and only `rowOf` writes them.
  return { ...rest, parts: names === '' ? [] : names.split(' ') } as unknown as DecisionRecord;
}
