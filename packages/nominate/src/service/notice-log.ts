import type { Logger } from 'pino';
import type { NoticeRow, ProgrammeStore } from '../storage/port.ts';

/** The methods of a logger that notices use. */
type NoticeLogger = Pick<Logger, 'info' | 'warn' | 'error'>;

const LEVELS = { info: 'info', warning: 'warn', critical: 'error' } as const;

/**
 * The same store, with a log line for each notice that opens, whose severity changes, or that closes. Each
 * process logs an open notice once, also after a restart. Example: `notice opened: the candidate list is
 * empty …`.
 */
export function withNoticeLog(store: ProgrammeStore, log: NoticeLogger): ProgrammeStore {
  const logged = new Map<string, string>();
  const record = (row: NoticeRow): void => {
    const { key, severity, text, openSinceMs, closedMs } = row;
    const facts = { event: 'notice', key, severity };
    if (closedMs !== null) {
      if (logged.delete(key)) log.info({ ...facts, state: 'closed' }, `notice closed: ${text}`);
      return;
    }
    const now = `${openSinceMs} ${severity}`;
    if (logged.get(key) === now) return;
    logged.set(key, now);
    log[LEVELS[severity]]({ ...facts, state: 'open' }, `notice opened: ${text}`);
  };
  const { notices } = store;
  const put = async (row: NoticeRow): Promise<void> => {
    await notices.put(row);
    record(row);
  };
  return { ...store, notices: { ...notices, put } };
}
