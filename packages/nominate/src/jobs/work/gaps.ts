import { counted } from '@watchbill/kit';
import type { JobContext } from '../job.ts';
import type { FaultGap, ReportedFaults } from '../job-ports.ts';
import type { NoteOf } from '../notes.ts';

/** Adjacent blocks of one chain that could not be read. */
export type Gap = NoteOf<'fault gaps'>[number];

const HOUR_MS = 3_600_000;
/** Another endpoint of the role may still have the state that this one has dropped. */
const RETRY_MS = HOUR_MS;
/** A notice was open for this long. Faults in those blocks stay unknown. */
const GIVEN_UP_MS = 7 * 24 * HOUR_MS;
/** Above it, two gaps become one, together with the blocks between them, which are read again. */
const MOST_GAPS = 100;
const MOST_GOES = 10;

type Unread = ReportedFaults['unread'];

/**
 * The gaps after adding blocks that were unreadable just now. Blocks that are already in a gap are unchanged.
 * Pure.
 */
export function withUnread(
  gaps: readonly Gap[],
  unread: Unread,
  era: number | null,
  nowMs: number,
): readonly Gap[] {
  const result = [...gaps];
  for (const { role, height, why } of unread) {
    const last = result.at(-1);
    if (result.some((gap) => gap.role === role && height >= gap.from && height <= gap.to)) continue;
    if (last?.role === role && last.to + 1n === height && last.era === era)
      result[result.length - 1] = { ...last, to: height };
    else result.push({ role, from: height, to: height, era, why, sinceMs: nowMs, triedMs: nowMs });
  }
  return bounded(result);
}

/** The nearest two gaps of one chain are merged, so that no block is lost. */
function bounded(gaps: readonly Gap[]): readonly Gap[] {
  if (gaps.length <= MOST_GAPS) return gaps;
  const sorted = gaps.toSorted((a, b) => a.role.localeCompare(b.role) || (a.from < b.from ? -1 : 1));
  const merged: Gap[] = [];
  let excess = gaps.length - MOST_GAPS;
  for (const gap of sorted) {
    const last = merged.at(-1);
    if (excess > 0 && last?.role === gap.role) {
      merged[merged.length - 1] = last.to >= gap.to ? last : { ...last, to: gap.to };
      excess -= 1;
    } else merged.push(gap);
  }
  return merged;
}

/** Reads gaps again, one hour after the last attempt. A gap older than a week is given up. */
export async function retryGaps(
  { world, signal, clock }: JobContext,
  candidates: ReadonlySet<string>,
  gaps: readonly Gap[],
  untilMs: number,
): Promise<{ readonly faults: ReportedFaults['faults']; readonly gaps: readonly Gap[] }> {
  const faults: ReportedFaults['faults'][number][] = [];
  let left = gaps.filter(({ sinceMs }) => clock.nowMs() - sinceMs < GIVEN_UP_MS);
  for (let go = 0; go < MOST_GOES && clock.nowMs() < untilMs; go += 1) {
    const gap = left.find(({ triedMs }) => clock.nowMs() - triedMs >= RETRY_MS);
    if (gap === undefined) break;
    signal.throwIfAborted();
    const told = await readAgain(() => world.chain.faultsIn(candidates, gap, signal), gap, signal);
    faults.push(...told.faults);
    left = left.flatMap((one) => (one === gap ? restOf(gap, told, clock.nowMs()) : [one]));
  }
  return { faults, gaps: left };
}

/** If the chain cannot be read now, the gap stays, and the rest of the job continues. */
async function readAgain(
  read: () => ReturnType<JobContext['world']['chain']['faultsIn']>,
  { role, from, why }: Gap,
  signal: AbortSignal,
): ReturnType<typeof read> {
  try {
    return await read();
  } catch {
    signal.throwIfAborted();
    return { faults: [], unread: [{ role, height: from, why }], next: from + 1n };
  }
}

/** The remainder of a gap: blocks that were unreadable again, and blocks that were not tried. */
function restOf(
  gap: Gap,
  { unread, next }: { readonly unread: Unread; readonly next: bigint },
  nowMs: number,
): Gap[] {
  const again = withUnread([], unread, gap.era, nowMs).map((one) => ({ ...one, sinceMs: gap.sinceMs }));
  if (next > gap.to) return again;
  // If one part is unavailable, the rest is too, so this run does not request it.
  const triedMs = unread.length === 0 ? gap.triedMs : nowMs;
  return [...again, { ...gap, from: next, triedMs }];
}

/** A text about the blocks that are still to be read. */
export function leftOver(behind: number): string {
  return `${counted(behind, 'block is', 'blocks are')} still to be read`;
}

/** For the result line of the job: unknown blocks, and blocks still to be read. */
export function lacking(gaps: readonly FaultGap[], behind: number): string {
  const left = behind === 0 ? '' : `; ${leftOver(behind)}`;
  const [first] = gaps;
  if (first === undefined) return left;
  return `; ${counted(blocksOf(gaps), 'block')} could not be read (${first.role} ${first.from} to ${first.to}); their reports are unknown${left}`;
}

/** The number of blocks in gaps. */
export function blocksOf(gaps: readonly FaultGap[]): bigint {
  return gaps.reduce((sum, { from, to }) => sum + to - from + 1n, 0n);
}
