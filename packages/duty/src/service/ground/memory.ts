import {
  type Duty,
  decodeHead,
  explains,
  formatUnit,
  type LedgerPoint,
  parseUnit,
  topOf,
} from '../../rule/index.ts';
import type { MemoryView, PointView } from '../contract.ts';
import { type CoreContext, listTexts } from './context.ts';
import type { LedgerIdentity } from './genesis.ts';
import { dutyOfMark, keys } from './keys.ts';
import { readMark } from './marks.ts';

/** The memory of a service about one mark; null if its last entry cannot be read here. */
export type Memory = LedgerPoint | null;

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
    const duty = dutyOfMark(mark);
    const text = heads.get(`${keys.marks}${mark}`);
    if (duty === null) return { mark, why: 'this release does not know the duty' };
    if (text === undefined) return { mark, why: 'the store has no such mark' };
    const why =
      remembered === null
        ? 'the entry that is remembered cannot be read'
        : await unexplained(context, identity, { mark, duty, headText: text }, remembered);
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
  const found = explains(held?.mark ?? null, identity.epoch, point, identity.voided);
  if (found === 'lineage' || found === 'floor') return null;
  if (point.epoch !== identity.epoch && !identity.voided.has(point.epoch))
    return `epoch ${point.epoch} is remembered, the ledger has another`;
  const at = `entry ${point.seq} (${point.unit === null ? 'an adoption' : formatUnit(point.unit)})`;
  const top = held === null ? null : topOf(held.mark);
  const now =
    held === null ? 'is gone' : `is at entry ${held.mark.seq}, unit ${top === null ? '-' : formatUnit(top)}`;
  return `${at} is remembered; the mark in the store ${now} and does not hold it`;
}

/** The memory of this service as of now, by mark. */
export function ownMemory({ parts: { ledger } }: CoreContext): ReadonlyMap<string, Memory> {
  return new Map(ledger.points());
}

/** The memory of another service, as it answered. */
export function memoryOf({ points }: MemoryView): ReadonlyMap<string, Memory> {
  return new Map(
    Object.entries(points).map(([mark, said]): [string, Memory] => {
      const duty = dutyOfMark(mark);
      return [mark, duty === null ? null : pointOfView(said, duty)];
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
