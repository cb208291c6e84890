import { digestOf } from '@watchbill/kit';
import { type NoticeRow, type ProgrammeStore, SEVERITIES } from '../storage/port.ts';
import type { Channel, Message } from './channel.ts';
import { isEvent } from './notices.ts';

/**
 * The messages that a channel accepted, by key of the notice: since when the notice was open, and whether its
 * end was sent.
 */
type ToldBefore = Record<
  string,
  { readonly openSinceMs: number; readonly severity: number; readonly isOver: boolean }
>;

const MINUTE_MS = 60_000;
/** Ended notices whose end may still have to be sent. */
const RECENT = 200;

interface Memory {
  readonly told: ToldBefore;
  /** When the last messages were sent. */
  readonly sentMs: readonly number[];
}

/**
 * Sends each channel the open and the ended notices: each once, the most severe first, and no more per minute
 * than the channel allows. A failing channel does not affect the others, is retried at the next call, and
 * never fails the caller.
 */
export async function deliver(
  store: ProgrammeStore,
  channels: readonly Channel[],
  nowMs: () => number,
  signal: AbortSignal,
): Promise<string> {
  if (channels.length === 0) return 'no channel is configured';
  const notices = await noticesOf(store);
  const ends = await Promise.all(
    channels.map((channel) => deliverTo(store, channel, notices, nowMs, signal)),
  );
  const sent = new Set(ends.flatMap(({ keys }) => keys));
  for (const notice of notices) {
    if (!sent.has(notice.key)) continue;
    const now = await store.notices.get(notice.key);
    if (now !== null) await store.notices.put({ ...now, lastSentMs: nowMs() });
  }
  return ends.map(({ line }) => line).join('; ');
}

async function noticesOf(store: ProgrammeStore): Promise<readonly NoticeRow[]> {
  const open = await store.notices.open();
  const { rows } = await store.notices.list({ limit: RECENT, after: null });
  const keys = new Set(open.map(({ key }) => key));
  const weight = ({ severity }: NoticeRow): number => SEVERITIES.indexOf(severity);
  return [...open, ...rows.filter(({ key }) => !keys.has(key))].sort(
    (a, b) => weight(b) - weight(a) || a.openSinceMs - b.openSinceMs || (a.key < b.key ? -1 : 1),
  );
}

async function deliverTo(
  store: ProgrammeStore,
  channel: Channel,
  notices: readonly NoticeRow[],
  nowMs: () => number,
  signal: AbortSignal,
): Promise<{ readonly line: string; readonly keys: readonly string[] }> {
  const name = `channel ${channel.name}`;
  const memory = await memoryOf(store, name);
  const told: ToldBefore = {};
  // Forgets notices that were deleted from the database.
  for (const { key } of notices) if (memory.told[key] !== undefined) told[key] = memory.told[key];
  const startMs = nowMs();
  // After a backward step of the clock, moments ahead of it say nothing about this minute.
  const sentMs = memory.sentMs.filter((atMs) => atMs > startMs - MINUTE_MS && atMs <= startMs);
  const keys: string[] = [];
  let waiting = 0;
  let failure: string | null = null;
  for (const notice of notices) {
    const message = messageFor(channel, notice, told[notice.key]);
    if (message === null) continue;
    if (failure !== null || sentMs.length >= channel.perMinute) {
      waiting += 1;
      continue;
    }
    failure = await failureOf(channel, message, signal);
    if (failure !== null) {
      waiting += 1;
      continue;
    }
    sentMs.push(nowMs());
    keys.push(notice.key);
    const severity = SEVERITIES.indexOf(notice.severity);
    told[notice.key] = { openSinceMs: notice.openSinceMs, severity, isOver: message.isOver };
  }
  await store.notes.put(name, JSON.stringify({ told, sentMs } satisfies Memory));
  const rest = waiting === 0 ? '' : `, ${waiting} wait${failure === null ? '' : `: ${failure}`}`;
  return { line: `${channel.name}: ${keys.length} sent${rest}`, keys };
}

async function memoryOf(store: ProgrammeStore, name: string): Promise<Memory> {
  const text = await store.notes.get(name);
  return text === null ? { told: {}, sentMs: [] } : (JSON.parse(text) as Memory);
}

/** The message about a notice that the channel still needs; null for none. */
function messageFor(
  channel: Channel,
  notice: NoticeRow,
  before: ToldBefore[string] | undefined,
): Message | null {
  const { key, severity, text, openSinceMs, closedMs } = notice;
  const weight = SEVERITIES.indexOf(severity);
  if (weight < SEVERITIES.indexOf(channel.least)) return null;
  const isSame = before?.openSinceMs === openSinceMs;
  const isOver = closedMs !== null && !isEvent(notice);
  // A notice that ended before it was sent needs no message.
  const isNews = isOver ? isSame && !before.isOver : !isSame || weight > before.severity;
  if (!isNews) return null;
  return { key, severity, text, isOver, id: digestOf({ key, openSinceMs, isOver, weight }).slice(0, 32) };
}

async function failureOf(channel: Channel, message: Message, signal: AbortSignal): Promise<string | null> {
  try {
    await channel.send(message, signal);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : 'it failed';
  }
}
