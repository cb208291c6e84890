import type { DatabaseSync } from 'node:sqlite';
import type { Head } from '../service/contract.ts';
import { DamagedEntry } from '../service/ledger/faults.ts';
import { placeOf, unpadded } from '../service/ledger/lines.ts';
import { BODY } from '../service/ledger/schema.ts';
import { readEntry, stepOf } from './entry.ts';
import { collectFindings } from './findings.ts';
import { levelsOf, type Step, type Tip, walkEpoch } from './lineage.ts';

/** A mark as the ledger of one service remembers it. */
export type LedgerMark = ReturnType<typeof ledgerMarks>[number];

const HEADS = `SELECT h.mark, h.name, h.epoch, h.seq, h.hash, (SELECT count(*) FROM entries AS e WHERE e.mark = h.mark)
  AS entries FROM heads AS h ORDER BY h.name`;

/** The marks of an open ledger, each with its floor and window as its entries lead to them. */
export function ledgerMarks(db: DatabaseSync) {
  const heads = db.prepare(HEADS);
  heads.setReadBigInts(true);
  return heads.all().flatMap((row) => {
    const place = placeOf(String(row.name));
    if (place === null) return [];
    const head = { epoch: String(row.epoch), seq: String(row.seq), hash: String(row.hash) };
    const { tip, isComplete } = replay(db, Number(row.mark), head);
    const { floor = null, recent = [] } = tip ?? {};
    return [
      {
        ...place,
        head,
        entries: Number(row.entries),
        // Replayed from the entries of the head's epoch. A lower bound if `isComplete` is false.
        floor: floor === null ? null : unpadded(floor),
        recent: recent.map(unpadded),
        // False if the ledger lacks entries of that epoch, because other services wrote them.
        isComplete,
      },
    ];
  });
}

const STEPS = `SELECT hash, ${BODY} FROM entries WHERE mark = ? AND epoch = ? ORDER BY seq, hash`;

function replay(db: DatabaseSync, mark: number, head: Head): { tip: Tip | null; isComplete: boolean } {
  const findings = collectFindings();
  let tip: Tip | null = null;
  const walk = walkEpoch({
    mark: '',
    epoch: head.epoch,
    findings,
    ancestor: () => null,
    storeFloor: () => undefined,
    passed: (hash, at) => {
      if (hash === head.hash) tip = at;
    },
  });
  const statement = db.prepare(STEPS);
  let first: Step | undefined;
  for (const level of levelsOf(steps(statement.iterate(mark, head.epoch)))) {
    first ??= level[0];
    walk.level(level);
  }
  // An adoption has the whole floor, so what came before its epoch is not missed.
  const begun = first?.kind === 'adopt' ? (findings.counts()['epoch-start'] ?? 0) : 0;
  return { tip, isComplete: findings.count('unproven') + findings.count('violation') === begun };
}

function* steps(rows: Iterable<Record<string, unknown>>): Generator<Step> {
  for (const row of rows) {
    const [body, hash] = [String(row.body), String(row.hash)];
    yield stepOf(readEntry({ body, hash }, (why) => new DamagedEntry(why)).entry, hash);
  }
}
