import type { Kysely } from 'kysely';
import { pageOf, readPage, rowCount } from '../cursor.ts';
import { type Engine, storable } from '../engine.ts';
import type { JobState, NoticeRow, PageOf, PageRequest, ProgrammeStore, Severity } from '../port.ts';
import type { Tables } from '../tables.ts';

const LIST = 'notices';

export function jobRows({ db }: Engine): ProgrammeStore['jobs'] {
  return {
    put: async (row) => {
      const values = {
        state: row.state,
        progress: row.progress,
        detail: storable(row.detail),
        run_count: row.runCount,
        failure_count: row.failureCount,
        started_ms: row.startedMs,
        ended_ms: row.endedMs,
        next_ms: row.nextMs,
        error: row.error === null ? null : storable(row.error),
      };
      await db
        .insertInto('jobs')
        .values({ name: row.name, ...values })
        .onConflict((conflict) => conflict.column('name').doUpdateSet(values))
        .execute();
    },
    all: async () => {
      const rows = await db.selectFrom('jobs').selectAll().orderBy('name').execute();
      return rows.map((row) => ({
        name: row.name,
        state: row.state as JobState,
        progress: row.progress,
        detail: row.detail,
        runCount: row.run_count,
        failureCount: row.failure_count,
        startedMs: row.started_ms,
        endedMs: row.ended_ms,
        nextMs: row.next_ms,
        error: row.error,
      }));
    },
  };
}

export function noticeRows({ db }: Engine): ProgrammeStore['notices'] {
  return {
    put: async ({ key, severity, text, openSinceMs, lastSentMs, closedMs, count }) => {
      const values = {
        severity,
        body: storable(text),
        open_since_ms: openSinceMs,
        last_sent_ms: lastSentMs,
        closed_ms: closedMs,
        count,
      };
      await db
        .insertInto('notices')
        .values({ key: storable(key), ...values })
        .onConflict((conflict) => conflict.column('key').doUpdateSet(values))
        .execute();
    },
    get: async (key) => {
      const row = await db
        .selectFrom('notices')
        .selectAll()
        .where('key', '=', storable(key))
        .executeTakeFirst();
      return row === undefined ? null : shown(row);
    },
    open: async () => {
      const rows = await db
        .selectFrom('notices')
        .selectAll()
        .where('closed_ms', 'is', null)
        .orderBy('open_since_ms', 'desc')
        .orderBy('key', 'desc')
        .execute();
      return rows.map(shown);
    },
    list: (page) => list(db, page),
  };
}

function shown(row: Tables['notices']): NoticeRow {
  return {
    key: row.key,
    severity: row.severity as Severity,
    text: row.body,
    openSinceMs: row.open_since_ms,
    lastSentMs: row.last_sent_ms,
    closedMs: row.closed_ms,
    count: row.count,
  };
}

async function list(db: Kysely<Tables>, page: PageRequest): Promise<PageOf<NoticeRow>> {
  const from = readPage(LIST, page, [0, ''] as const);
  const { total } = await db
    .selectFrom('notices')
    .select(({ fn }) => fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow();
  let part = db.selectFrom('notices').selectAll();
  if (from !== null)
    part = part.where(({ eb, refTuple, tuple }) =>
      eb(refTuple('open_since_ms', 'key'), '<', tuple(from[0], from[1])),
    );
  const rows = await part
    .orderBy('open_since_ms', 'desc')
    .orderBy('key', 'desc')
    .limit(rowCount(page))
    .execute();
  return pageOf(LIST, page, { rows, total }, (row) => [row.open_since_ms, row.key], shown);
}
