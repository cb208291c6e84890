import type { DatabaseSync } from 'node:sqlite';
import type { DecisionPage, DecisionQuery } from '../contract.ts';
import { decisionOf } from './decisions.ts';
import type { openSearch } from './search.ts';

/** Rows that one page may look at before it ends early, so that a rare filter cannot hold up grants. */
export const SCAN_ROWS = 20_000;

/**
 * The ways through the table, best first: the first whose filter is asked decides which index is walked,
 * newest first; every other filter is checked row by row. Refusals come before keys because their number is
 * bounded.
 */
export const WALKS = {
  unit: 'search.unit = :unit',
  refused: "outcome = :outcome AND outcome <> 'granted'",
  node: 'search.node = :node',
  key: 'search.keyEnd = substr(:key, -8)',
  all: 'TRUE',
} as const;
type Walk = keyof typeof WALKS;

const FILTERS = ['chain', 'key', 'duty', 'node', 'outcome', 'unit'] as const;

/** Walks that go through the search table, which does not hold the newest decisions. */
const SEARCHED: ReadonlySet<Walk> = new Set(['unit', 'node', 'key']);

export function pageSql(walk: Walk): string {
  const [id, tables] = SEARCHED.has(walk)
    ? ['search.id', 'decisions_search AS search CROSS JOIN decisions ON decisions.id = search.id']
    : ['decisions.id', 'decisions'];
  const checks = FILTERS.map((name) => `(:${name} IS NULL OR +decisions.${name} = :${name})`).join(' AND ');
  return `SELECT decisions.* FROM ${tables} WHERE ${WALKS[walk]} AND ${id} < :before AND ${id} >= :from AND ${checks}
    ORDER BY ${id} DESC LIMIT :limit`;
}

export function boundSql(walk: Walk): string {
  const table = SEARCHED.has(walk) ? 'decisions_search AS search' : 'decisions';
  return `SELECT id FROM ${table} WHERE ${WALKS[walk]} AND id < :before AND id >= :from
    ORDER BY id DESC LIMIT 1 OFFSET ${SCAN_ROWS - 1}`;
}

/**
 * Newest first. A page may be short, even empty, while `next` still leads on.
 *
 * @param search the search table; decisions that it does not hold yet are looked through one by one
 */
export function decisionReader(
  db: DatabaseSync,
  search: Pick<ReturnType<typeof openSearch>, 'upTo'>,
): (query: DecisionQuery) => DecisionPage {
  const pages = statements(db, pageSql);
  const bounds = statements(db, boundSql);

  /** Decisions with ids from `lowest` up. */
  function page(query: DecisionQuery, walk: Walk, lowest: number): DecisionPage {
    const { limit } = query;
    const before = query.before ?? Number.MAX_SAFE_INTEGER;
    const filters = Object.fromEntries(FILTERS.map((name) => [name, query[name] ?? null]));
    // Without another filter every row that is walked is an answer, so the limit alone bounds the work.
    const bound = checksRows(query, walk)
      ? bounds[walk].get({ ...filters, before, from: lowest })
      : undefined;
    const from = bound === undefined ? null : Number(bound.id);
    const rows = pages[walk].all({ ...filters, before, from: from ?? lowest, limit: limit + 1 });
    const decisions = rows.slice(0, limit).map(decisionOf);
    if (rows.length > limit) return { decisions, next: decisions.at(-1)?.id ?? null };
    return { decisions, next: from };
  }

  return (asked) => {
    const query = { ...asked, limit: Math.min(1000, Math.max(1, Math.trunc(asked.limit))) };
    const walk = walkOf(query);
    if (!SEARCHED.has(walk)) return page(query, walk, 0);
    const firstNew = search.upTo() + 1;
    const newest = page(query, 'all', firstNew);
    const last = newest.decisions.at(-1);
    if (newest.next !== null) return newest;
    if (last !== undefined && newest.decisions.length === query.limit) return { ...newest, next: last.id };
    const before = Math.min(query.before ?? firstNew, firstNew);
    const older = page({ ...query, before, limit: query.limit - newest.decisions.length }, walk, 0);
    return { decisions: [...newest.decisions, ...older.decisions], next: older.next };
  };
}

function walkOf(query: DecisionQuery): Walk {
  if (query.unit !== undefined) return 'unit';
  if (query.outcome !== undefined && query.outcome !== 'granted') return 'refused';
  if (query.node !== undefined) return 'node';
  return query.key === undefined ? 'all' : 'key';
}

function checksRows(query: DecisionQuery, walk: Walk): boolean {
  if (walk === 'key') return true; // keys with one ending share a stretch of the index
  const walked = walk === 'refused' ? 'outcome' : walk;
  return FILTERS.some((name) => name !== walked && query[name] !== undefined);
}

function statements(db: DatabaseSync, sql: (walk: Walk) => string) {
  const prepared = (walk: Walk) => {
    const statement = db.prepare(sql(walk));
    statement.setAllowUnknownNamedParameters(true);
    return statement;
  };
  return {
    unit: prepared('unit'),
    refused: prepared('refused'),
    node: prepared('node'),
    key: prepared('key'),
    all: prepared('all'),
  };
}
