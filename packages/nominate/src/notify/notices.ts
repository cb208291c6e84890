import type { NoticeRow, ProgrammeStore, Severity } from '../storage/port.ts';

export interface Told {
  /** The same thing has the same key. */
  readonly key: string;
  readonly severity: Severity;
  readonly text: string;
}

/** Notes that something is the matter. What is open already is counted, and told once more only if it became worse. */
export async function openNotice(store: ProgrammeStore, nowMs: number, told: Told): Promise<void> {
  const before = await store.notices.get(told.key);
  const isOpen = before !== null && before.closedMs === null;
  const fresh: NoticeRow = { ...told, openSinceMs: nowMs, lastSentMs: null, closedMs: null, count: 1 };
  const again = (row: NoticeRow): NoticeRow => ({ ...row, ...told, count: row.count + 1 });
  await store.notices.put(isOpen ? again(before) : fresh);
}

/** Notes that it is over. What is not open stays as it is. */
export async function closeNotice(store: ProgrammeStore, nowMs: number, key: string): Promise<void> {
  const before = await store.notices.get(key);
  if (before !== null && before.closedMs === null) await store.notices.put({ ...before, closedMs: nowMs });
}

/** Notes what happened and is over with that: it is told once, and never open. See {@link isEvent}. */
export async function noteEvent(store: ProgrammeStore, nowMs: number, told: Told): Promise<void> {
  const moment = { openSinceMs: nowMs, lastSentMs: null, closedMs: nowMs };
  await store.notices.put({ ...told, ...moment, count: 1 });
}

/** Whether a notice is of something that had no duration. */
export function isEvent({ severity, openSinceMs, closedMs }: NoticeRow): boolean {
  return severity === 'info' && closedMs === openSinceMs;
}

/** Opens or closes, by what is the matter now. */
export async function noteState(
  store: ProgrammeStore,
  nowMs: number,
  told: Told,
  isSo: boolean,
): Promise<void> {
  await (isSo ? openNotice(store, nowMs, told) : closeNotice(store, nowMs, told.key));
}
