import type { DatabaseSync } from 'node:sqlite';
import type { Head } from '../service/contract.ts';
import { dutyNamed, type Place, placeOf, sortable, unpadded } from '../service/ledger/lines.ts';
import { collectFindings } from './findings.ts';
import { type EpochWalk, type Step, type Tip, walkEpoch } from './lineage.ts';

/** A mark as the ledger of one service remembers it. */
export interface LedgerMark extends Place {
  readonly head: Head;
  readonly entries: number;
  /** Replayed from the entries of the head's epoch. A lower bound if `isComplete` is false. */
  readonly floor: string | null;
  /** Units above the floor, ascending. */
  readonly recent: readonly string[];
  /** False if the ledger lacks entries of that epoch, because other services wrote them. */
  readonly isComplete: boolean;
}

const HEADS = `SELECT h.mark, h.name, h.epoch, h.seq, h.hash, (SELECT count(*) FROM entries AS e WHERE e.mark = h.mark)
  AS entries FROM heads AS h ORDER BY h.name`;

/** The marks of an open ledger, each with its floor and window as its entries lead to them. */
export function ledgerMarks(db: DatabaseSync): readonly LedgerMark[] {
  const heads = db.prepare(HEADS);
  heads.setReadBigInts(true);
  return heads.all().flatMap((row): LedgerMark[] => {
    const place = placeOf(String(row.name));
    if (place === null) return [];
    const head = { epoch: String(row.epoch), seq: String(row.seq), hash: String(row.hash) };
    const { tip, isComplete } = replay(db, Number(row.mark), place, head);
    const { floor = null, recent = [] } = tip ?? {};
    return [
      {
        ...place,
        head,
        entries: Number(row.entries),
        floor: floor === null ? null : unpadded(floor),
        recent: recent.map(unpadded),
        isComplete,
      },
    ];
  });
}

const STEPS = 'SELECT seq, hash, prev, body FROM entries WHERE mark = ? AND epoch = ? ORDER BY seq, hash';

function replay(
  db: DatabaseSync,
  mark: number,
  place: Place,
  head: Head,
): { tip: Tip | null; isComplete: boolean } {
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
  statement.setReadBigInts(true);
  const first = feed(walk, steps(statement.iterate(mark, head.epoch), place));
  // An adoption has the whole floor, so what came before its epoch is not missed.
  const begun = first?.kind === 'adopt' ? (findings.counts()['epoch-start'] ?? 0) : 0;
  return { tip, isComplete: findings.count('unproven') + findings.count('violation') === begun };
}

/** Returns the first entry. */
function feed(walk: EpochWalk, all: Iterable<Step>): Step | null {
  let level: Step[] = [];
  let first: Step | null = null;
  for (const step of all) {
    first ??= step;
    if (level[0] !== undefined && level[0].seq !== step.seq) {
      walk.level(level[0].seq, level);
      level = [];
    }
    level.push(step);
  }
  if (level[0] !== undefined) walk.level(level[0].seq, level);
  return first;
}

interface Body {
  readonly kind?: unknown;
  readonly unit?: unknown;
  readonly window?: unknown;
}

function* steps(rows: Iterable<Record<string, unknown>>, place: Place): Generator<Step> {
  const duty = dutyNamed(place.duty);
  for (const row of rows) {
    // The ledger wrote the text from an entry; the proof finds changed texts.
    const { kind, unit, window } = JSON.parse(String(row.body)) as Body;
    const text = typeof unit === 'string' && duty !== null ? sortable(duty, unit) : null;
    if (kind !== 'adopt' && text === null) continue;
    yield {
      seq: row.seq as bigint,
      hash: String(row.hash),
      prev: String(row.prev),
      kind: kind === 'adopt' ? 'adopt' : 'grant',
      unit: text,
      window: Number(window),
    };
  }
}
