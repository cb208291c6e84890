import type { NoticeRow, ProgrammeStore, Severity } from '../storage/port.ts';

export interface Told {
  /** The same for the same condition. */
  readonly key: string;
  readonly severity: Severity;
  readonly text: string;
}

/** Opens a notice. If it is already open, it is counted, and sent again only if its severity rose. */
export async function openNotice(store: ProgrammeStore, nowMs: number, told: Told): Promise<void> {
  const before = await store.notices.get(told.key);
  const isOpen = before !== null && before.closedMs === null;
  const fresh: NoticeRow = { ...told, openSinceMs: nowMs, lastSentMs: null, closedMs: null, count: 1 };
  const again = (row: NoticeRow): NoticeRow => ({ ...row, ...told, count: row.count + 1 });
  await store.notices.put(isOpen ? again(before) : fresh);
}

/** Closes a notice. A notice that is not open is unchanged. */
export async function closeNotice(store: ProgrammeStore, nowMs: number, key: string): Promise<void> {
  const before = await store.notices.get(key);
  if (before !== null && before.closedMs === null) await store.notices.put({ ...before, closedMs: nowMs });
}

/** Records a notice of an event: it is sent once, and is never open. See {@link isEvent}. */
export async function noteEvent(store: ProgrammeStore, nowMs: number, told: Told): Promise<void> {
  const moment = { openSinceMs: nowMs, lastSentMs: null, closedMs: nowMs };
  await store.notices.put({ ...told, ...moment, count: 1 });
}

/** Whether a notice is about an event without a duration. */
export function isEvent({ severity, openSinceMs, closedMs }: NoticeRow): boolean {
  return severity === 'info' && closedMs === openSinceMs;
}

/** Opens or closes a notice, by the current condition. */
export async function noteState(
  store: ProgrammeStore,
  nowMs: number,
  told: Told,
  isSo: boolean,
): Promise<void> {
  await (isSo ? openNotice(store, nowMs, told) : closeNotice(store, nowMs, told.key));
}
