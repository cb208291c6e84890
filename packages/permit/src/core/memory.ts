import {
  type Duty,
  decodeHead,
  explains,
  formatUnit,
  type LedgerPoint,
  type Mark,
  parseUnit,
  topOf,
} from '@watchbill/duty';
import type { Head, MemoryView, PointView } from '../contract.ts';
import { type CoreContext, listTexts } from './context.ts';
import type { LedgerIdentity } from './genesis.ts';
import { keys } from './keys.ts';
import { readMark } from './marks.ts';

/** The memory of a service about one mark. Services of the last release say no more than the head. */
export type Memory =
  | { readonly kind: 'point'; readonly point: LedgerPoint }
  | { readonly kind: 'head'; readonly head: Head };

/** The epoch of a ledger now, and those that a recovery ended. */
export type LedgerEpochs = Pick<LedgerIdentity, 'epoch' | 'voided'>;

export interface Disagreement {
  readonly mark: string;
  readonly why: string;
}

/**
 * Compares what a service remembers with the marks of the store, on linearizable reads: protocol section 6.
 * Null when the store explains every remembered entry, by lineage or by a floor.
 */
export async function compareMemory(
  context: CoreContext,
  identity: LedgerIdentity,
  memory: ReadonlyMap<string, Memory>,
): Promise<Disagreement | null> {
  if (memory.size === 0) return null;
  const heads = await listTexts(context, keys.marks);
  for (const [mark, remembered] of memory) {
    const duty = context.duties.get(mark.slice(mark.lastIndexOf('/') + 1));
    const text = heads.get(`${keys.marks}${mark}`);
    if (duty === undefined) return { mark, why: 'this release does not know the duty' };
    if (text === undefined) return { mark, why: 'the store has no such mark' };
    const why =
      remembered.kind === 'head'
        ? behindBy(decodeHead(text, duty), remembered.head, identity)
        : await unexplained(context, identity, { mark, duty, headText: text }, remembered.point);
    if (why !== null) return { mark, why };
  }
  return null;
}

/** The head alone explains most points; the units of a mark are read only where it does not. */
async function unexplained(
  context: CoreContext,
  identity: LedgerIdentity,
  { mark, duty, headText }: { readonly mark: string; readonly duty: Duty; readonly headText: string },
  point: LedgerPoint,
): Promise<string | null> {
  const head = decodeHead(headText, duty);
  if (head.epoch === identity.epoch && head.lastHash === point.hash) return null;
  const [chain = '', key = ''] = mark.split('/');
  const held = await readMark(context.parts.store, { chain, key, duty }, context.options.storeTimeoutMs);
  const found = accountsFor(held?.mark ?? null, identity, point);
  if (found === 'lineage' || found === 'floor') return null;
  if (point.epoch !== identity.epoch && !identity.voided.has(point.epoch))
    return `epoch ${point.epoch} is remembered, the ledger has another`;
  const at = `entry ${point.seq} (${point.unit === null ? 'an adoption' : formatUnit(point.unit)})`;
  const top = held === null ? null : topOf(held.mark);
  const now =
    held === null ? 'is gone' : `is at entry ${held.mark.seq}, unit ${top === null ? '-' : formatUnit(top)}`;
  return `${at} is remembered; the mark in the store ${now} and does not hold it`;
}

/**
 * How a mark accounts for a remembered point. A mark that the last release wrote kept no adoption and only
 * the last `enter`, so its line is judged by numbers, as that release did.
 */
export function accountsFor(
  mark: Mark | null,
  epochs: LedgerEpochs,
  point: LedgerPoint,
): ReturnType<typeof explains> {
  if (mark === null || mark.meaning !== null) return explains(mark, epochs.epoch, point, epochs.voided);
  const { seq, hash } = point;
  return behindBy(mark, { epoch: point.epoch, seq: seq.toString(), hash }, epochs) === null
    ? 'lineage'
    : 'none';
}

/** The memory of this service, by mark. */
export function ownMemory(context: CoreContext): ReadonlyMap<string, Memory> {
  const { ledger } = context.parts;
  const found = new Map<string, Memory>();
  for (const [mark, head] of ledger.heads()) {
    const point = ledger.point(mark);
    found.set(mark, point === null ? { kind: 'head', head } : { kind: 'point', point });
  }
  return found;
}

/** The memory of another service, as it answered. */
export function memoryOf(view: MemoryView, duties: CoreContext['duties']): ReadonlyMap<string, Memory> {
  return new Map(
    Object.entries(view.heads).map(([mark, head]): [string, Memory] => {
      const duty = duties.get(mark.slice(mark.lastIndexOf('/') + 1));
      const said = view.points?.[mark];
      const point = duty === undefined || said === undefined ? null : pointOfView(said, duty);
      return [mark, point === null ? { kind: 'head', head } : { kind: 'point', point }];
    }),
  );
}

/** A ledger point as text, for other services and for people. */
export function pointView(point: LedgerPoint): PointView {
  const { epoch, seq, hash, unit, part, nonce, top } = point;
  const text = (value: LedgerPoint['unit']) => (value === null ? null : formatUnit(value));
  return { epoch, seq: seq.toString(), hash, unit: text(unit), part, nonce, top: text(top) };
}

/** Null if a unit does not fit the duty. */
function pointOfView(view: PointView, duty: Duty): LedgerPoint | null {
  const unit = view.unit === null ? null : parseUnit(duty.fields, view.unit);
  const top = view.top === null ? null : parseUnit(duty.fields, view.top);
  if (unit?.ok === false || top?.ok === false) return null;
  const { epoch, hash, part, nonce } = view;
  return {
    epoch,
    seq: BigInt(view.seq),
    hash,
    part,
    nonce,
    unit: unit?.unit ?? null,
    top: top?.unit ?? null,
  };
}

/**
 * Why a mark of the store is behind a remembered head, or null. By numbers alone, as the last release
 * compared: for heads of services and gates of that release, which say no more. A head of a voided epoch has
 * no `top` that a floor could be compared with, so it does not contradict a mark that was adopted since.
 */
export function behindBy(
  mark: {
    readonly epoch: string;
    readonly seq: bigint;
    readonly lastHash: string;
    readonly last: { readonly prev: string };
  },
  head: Head,
  { epoch, voided }: LedgerEpochs,
): string | null {
  if (voided.has(head.epoch) && mark.epoch === epoch) return null;
  if (head.epoch !== epoch && !voided.has(head.epoch))
    return `the remembered epoch ${head.epoch} is not the epoch of the ledger`;
  if (mark.epoch !== head.epoch) return 'the mark is of another epoch';
  const seq = BigInt(head.seq);
  if (mark.seq < seq) return `the store is at entry ${mark.seq}, entry ${seq} is remembered`;
  if (mark.seq === seq && mark.lastHash !== head.hash)
    return `entry ${seq} of the store is not the one remembered`;
  if (mark.seq === seq + 1n && mark.last.prev !== head.hash)
    return `entry ${mark.seq} of the store does not follow the entry remembered`;
  return null;
}
