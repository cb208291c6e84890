import type { Observation } from '../../rule/index.ts';
import type { CoreContext } from '../ground/context.ts';
import type { Mirror } from '../ground/mirror.ts';
import { judgeProgress } from './jump.ts';
import type { Field, ObservationRecord } from './record.ts';
import { hear, saidSince } from './reports.ts';
import { isNews, isSame, type ObservationState } from './state.ts';
import { type Records, readRecords, writeRecords } from './store-calls.ts';

/**
 * The reports of all observers are written together, at most this often; the last ones are written in the
 * end. Each node reports every second: a write for each report would cost more than the claims of the nodes.
 */
const WRITE_INTERVAL_MS = 250;
/** An unchanged report is written this often, so that other services see that the observer is alive. */
const REPEAT_INTERVAL_MS = 10_000;

/** The mirror of the store, and all that this service knows of reports: protocol section 4, rule 2. */
export interface Sharing {
  readonly context: CoreContext;
  readonly mirror: Mirror<ObservationRecord>;
  readonly state: ObservationState;
  /** The session ends: an observer reports a round that the chain cannot have reached by our clock. */
  jumped: (why: string) => void;
}

/** An observer reported these fields to this service. */
export function onReported(
  sharing: Sharing,
  recordKey: string,
  { record, said }: { readonly record: ObservationRecord; readonly said: readonly Field[] },
): void {
  const { state, context } = sharing;
  const nowMs = context.parts.clock.monotonicMs();
  state.waiting.set(recordKey, record);
  state.reports = hear(state.reports, recordKey, said, record.observation, nowMs);
  noteProgress(sharing, recordKey, said, record.observation, nowMs);
  void writeWaiting(sharing);
}

/** The mirror of the store has another record under this key. */
export function onChanged(sharing: Sharing, recordKey: string): void {
  const { state, mirror } = sharing;
  const own = state.own.get(recordKey);
  // A record of this service that comes back through the mirror needs no read.
  if (own !== undefined && own.given === mirror.get(recordKey)) return;
  state.changed.add(recordKey);
  void readChanged(sharing);
}

/**
 * Notes how far the observer has come: a round or a slot counts if it was reported now. A slot counts once:
 * a service reads the record of another one again and again, also while the chain stands still.
 */
function noteProgress(
  { state: { progress, arrivals }, jumped }: Sharing,
  key: string,
  said: readonly Field[],
  now: Observation,
  nowMs: number,
): void {
  const { bestSlot: slot = null } = now;
  if (slot !== null && slot !== arrivals.get(key)?.slot && said.includes('bestSlot'))
    arrivals.set(key, { slot, atMs: nowMs });
  if (!said.includes('round')) return;
  const judged = judgeProgress(progress.get(key), now, nowMs);
  if (judged.progress !== undefined) progress.set(key, judged.progress);
  if (judged.jumped !== null) jumped(judged.jumped);
}

/** One write at a time: reports that come meanwhile wait for the next one. */
async function writeWaiting({ state, context, mirror }: Sharing): Promise<void> {
  if (state.writing) return;
  const { clock } = context.parts;
  state.writing = true;
  while (state.waiting.size > 0) {
    await clock.sleep(Math.max(0, state.writtenMs + WRITE_INTERVAL_MS - clock.monotonicMs()));
    state.writtenMs = clock.monotonicMs();
    const given = [...state.waiting];
    state.waiting.clear();
    const due = given.filter(([key, record]) => isDue(state, key, record));
    for (const [key, record] of given) mirror.set(key, record);
    for (const key of await writeRecords(context, state, due)) {
      const known = state.own.get(key);
      if (known !== undefined) state.own.set(key, { ...known, written: null });
    }
  }
  state.writing = false;
}

/** Notes the record as given to the mirror. Values that were written a short time ago are not due. */
function isDue({ own, writtenMs }: ObservationState, key: string, record: ObservationRecord): boolean {
  const written = own.get(key)?.written ?? null;
  const isRepeat = written !== null && writtenMs - written.atMs < REPEAT_INTERVAL_MS;
  const due = !isRepeat || !isSame('observation', written.record, record);
  own.set(key, { given: record, written: due ? { record, atMs: writtenMs } : written });
  return due;
}

/** One read at a time, of all records that changed until then. */
async function readChanged(sharing: Sharing): Promise<void> {
  const { state, context, mirror } = sharing;
  if (state.reading) return;
  state.reading = true;
  for (;;) {
    const recordKeys = [...state.changed].filter((key) => isNews(state, key, mirror.get));
    state.changed.clear();
    if (recordKeys.length === 0) break;
    const { noted } = state.reports;
    const found = await readRecords(context, recordKeys);
    hearRead(sharing, found, state.reports.noted === noted);
  }
  state.reading = false;
}

/**
 * A watch may be late, so its values do not count: a linearizable read does, in the session in which it
 * began.
 */
function hearRead(sharing: Sharing, found: Records, isSameSession: boolean): void {
  const { state, context } = sharing;
  const nowMs = context.parts.clock.monotonicMs();
  for (const [key, record] of found) {
    const said = saidSince(state.reports, key, record);
    if (isSameSession) state.reports = hear(state.reports, key, said, record.observation, nowMs);
    noteProgress(sharing, key, said, record.observation, nowMs);
  }
}
