import type { InputAsk } from '../rules.ts';
import { type Window, windowOf } from '../window.ts';
import { DIGEST_BYTES } from './digest.ts';
import { drawsOf } from './draws.ts';
import type { AgendaItem, QuorumGroup, QuorumSchedule, ScheduleVersion } from './group.ts';
import { groupId, scheduleDigest, versionAt, windowSchedule } from './identity.ts';
import { leaderInOrder, shuffledSeats } from './order.ts';
import type { DueAction, QuorumPlan } from './plan-port.ts';
import { spanOf, spanSeed } from './seed.ts';
import type { WindowPlace } from './signing.ts';

export const ORDER_DOMAIN = 'order';

const MILLION = 1_000_000;

/** The domain of an action's draw. */
export function actionDomain(window: bigint, action: string): string {
  return `window/${window}/${action}`;
}

/** The domain of the order of submitters. No action may have this name. */
export function submitDomain(window: bigint): string {
  return actionDomain(window, 'submit');
}

/** The inputs of a window: that of its span, then the hash of its reference block. */
export function quorumInputs(
  group: QuorumGroup,
  schedule: QuorumSchedule,
  window: Window,
): readonly InputAsk[] {
  const { seedSource } = versionAt(schedule, window.block);
  const { first } = spanOf(group.members.length, window.index);
  const { block } = windowOf(windowSchedule(group), first);
  return [
    { kind: seedSource, height: block },
    { kind: 'block-hash', height: window.block },
  ];
}

/**
 * Everything about a window that does not need the chain. The version is the one in force unless another is
 * given.
 */
export function placeOf(
  group: QuorumGroup,
  schedule: QuorumSchedule,
  window: Window,
  version: ScheduleVersion = versionAt(schedule, window.block),
): WindowPlace {
  return { group, groupId: groupId(group), scheduleDigest: scheduleDigest(version), version, window };
}

/**
 * Plans a window from its inputs. A new version of the schedule shuffles again from its first window on, also
 * inside a span. Throws a RangeError unless both inputs have 32 bytes.
 */
export function planQuorum(
  group: QuorumGroup,
  schedule: QuorumSchedule,
  window: Window,
  seedInput: Uint8Array,
  referenceHash: Uint8Array,
): QuorumPlan {
  if (referenceHash.length !== DIGEST_BYTES) {
    throw new RangeError(`a reference hash must have 32 bytes; got ${referenceHash.length}`);
  }
  const place = placeOf(group, schedule, window);
  const lot = lotOf(place, seedInput);
  const due = dueActions(place, lot.seed);
  const { rankCount } = group.windows;
  return {
    ...place,
    ...lot,
    schedule,
    seedInput,
    referenceHash,
    leaders: Array.from({ length: rankCount }, (_, rank) => leaderInOrder(lot.order, lot.position, rank)),
    due,
    checklist: due.flatMap(({ item, isDue }) => (isDue ? [item] : [])),
    submitters: shuffledSeats(drawsOf(lot.seed, submitDomain(window.index)), group.members.length),
  };
}

/** The seat that leads a rank under an input that may be another member's. */
export function leaderIn(place: WindowPlace, seedInput: Uint8Array, rank: number): number {
  const { order, position } = lotOf(place, seedInput);
  return leaderInOrder(order, position, rank);
}

/** The item of the agenda that allows an action under an input, or null if it is not due. */
export function dueItem(place: WindowPlace, seedInput: Uint8Array, action: string): AgendaItem | null {
  const due = dueActions(place, lotOf(place, seedInput).seed);
  return due.find(({ item, isDue }) => isDue && item.action === action)?.item ?? null;
}

function lotOf({ group, groupId, version, window }: WindowPlace, input: Uint8Array) {
  const count = group.members.length;
  const { span, position } = spanOf(count, window.index);
  const seed = spanSeed({ genesis: group.genesis, groupId, version: version.version, span, input });
  return { span, position, seed, order: shuffledSeats(drawsOf(seed, ORDER_DOMAIN), count) };
}

function dueActions({ version, window }: WindowPlace, seed: Uint8Array): readonly DueAction[] {
  return version.agenda.map((item) => {
    const { cadence } = item;
    if (cadence.kind === 'every') {
      return { item, draw: null, isDue: window.index % cadence.windows === cadence.offset };
    }
    const draw = drawsOf(seed, actionDomain(window.index, item.action)).below(MILLION);
    return { item, draw, isDue: draw < cadence.perMillion };
  });
}
