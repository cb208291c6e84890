import type { DatabaseSync } from 'node:sqlite';
import type { DecisionPage, DecisionQuery } from '../contract.ts';
import { decisionOf } from './decisions.ts';

/** Rows that one page may look at before it ends early, so that a rare filter cannot hold up grants. */
export const SCAN_ROWS = 20_000;

/**
 * The ways through the table, best first: the first whose filter is asked decides which index is walked,
 * newest first; every other filter is checked row by row. Refusals come before keys because their number is
 * bounded.
 */
const WALKS = {
  unit: 'unit = :unit',
  refused: "outcome = :outcome AND outcome <> 'granted'",
  node: 'node = :node',
  key: 'substr(key, -8) = substr(:key, -8)',
  all: 'TRUE',
} as const;
type Walk = keyof typeof WALKS;

const FILTERS = ['chain', 'key', 'duty', 'node', 'outcome', 'unit'] as const;

export function pageSql(walk: Walk): string {
  const checks = FILTERS.map((name) => `(:${name} IS NULL OR +${name} = :${name})`).join(' AND ');
  return `SELECT * FROM decisions WHERE ${WALKS[walk]} AND id < :before AND id >= :from AND ${checks}
    ORDER BY id DESC LIMIT :limit`;
}

export function boundSql(walk: Walk): string {
  return `SELECT id FROM decisions WHERE ${WALKS[walk]} AND id < :before ORDER BY id DESC LIMIT 1 OFFSET ${SCAN_ROWS - 1}`;
}

export const WALK_NAMES = Object.keys(WALKS) as readonly Walk[];

/** Newest first. A page may be short, even empty, while `next` still leads on. */
export function decisionReader(db: DatabaseSync): (query: DecisionQuery) => DecisionPage {
  const pages = statements(db, pageSql);
  const bounds = statements(db, boundSql);

  return (query) => {
    const walk = walkOf(query);
    const limit = Math.min(1000, Math.max(1, Math.trunc(query.limit)));
    const before = query.before ?? Number.MAX_SAFE_INTEGER;
    const filters = Object.fromEntries(FILTERS.map((name) => [name, query[name] ?? null]));
    // Without another filter every row that is walked is an answer, so the limit alone bounds the work.
    const bound = checksRows(query, walk) ? bounds[walk].get({ ...filters, before }) : undefined;
    const from = bound === undefined ? null : Number(bound.id);
    const rows = pages[walk].all({ ...filters, before, from: from ?? 0, limit: limit + 1 });
    const decisions = rows.slice(0, limit).map(decisionOf);
    if (rows.length > limit) return { decisions, next: decisions.at(-1)?.id ?? null };
    return { decisions, next: from };
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
