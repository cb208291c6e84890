import type { Register } from './matching.ts';
import type { RememberedPerson } from './memory.ts';
import { type Person, type SeatState, takeBack, updatePerson } from './person.ts';
import type { TrackerRules } from './rules.ts';
import { isMassLoss, type Source } from './source.ts';

/** The state of a tracker. */
export interface Tracking {
  /** Of the chain that is watched. */
  readonly genesisHash: string;
  readonly rules: TrackerRules;
  readonly people: Map<string, Person>;
  /** Data of candidates that are no longer watched, by key: they may come back. */
  readonly retired: Map<string, RememberedPerson>;
  readonly sources: ReadonlyMap<string, Source>;
  register: Register;
}

/** The source has begun to list the chain. */
export function settle(source: Source, atMs: number): void {
  if (source.phase !== 'down') return;
  [source.phase, source.phaseSinceMs] = ['settling', atMs];
}

/** The time for nodes to come back is over: unlisted ones are away from now on. */
export function endSettling(tracking: Tracking, source: Source, atMs: number): void {
  [source.phase, source.phaseSinceMs] = ['hearing', atMs];
  if (source.doubt === null) source.deafSinceMs = null;
  turnSeats(tracking, source, ['feed-down'], 'gone', atMs);
}

/** The time after a mass loss is over. */
export function endDoubt(tracking: Tracking, source: Source, atMs: number): void {
  source.doubt = null;
  source.losses.clear();
  if (source.phase === 'hearing') source.deafSinceMs = null;
  turnSeats(tracking, source, ['feed-doubted'], 'gone', atMs);
}

/** The feed is lost. It sends no more data, and its last removals may come from its own shutdown. */
export function goDown(tracking: Tracking, source: Source, atMs: number): void {
  if (source.phase === 'down') return;
  const { rules } = tracking;
  const shutdownMs = atMs - rules.shutdownMs;
  const lastWords = source.losses
    .since(shutdownMs)
    // The server was alive when a candidate came back, so that absence was real.
    .filter(({ person }) => person.absentFromMs !== null)
    .map(({ person, firstAtMs }) => ({ person, fromMs: Math.max(firstAtMs, shutdownMs) }));
  source.deafSinceMs ??= Math.min(atMs, ...lastWords.map(({ fromMs }) => fromMs));
  [source.phase, source.phaseSinceMs, source.doubt] = ['down', atMs, null];
  source.listings.clear();
  source.here.clear();
  [source.strangerCount, source.overflowCount] = [0, 0];
  source.losses.clear();
  turnSeats(tracking, source, ['present', 'gone', 'feed-doubted'], 'feed-down', atMs);
  for (const { person, fromMs } of lastWords) takeBack(person, fromMs, rules, atMs);
}

/** After each loss: if there are too many for chance, the losses within the window are taken back. */
export function judgeLosses(tracking: Tracking, source: Source, atMs: number): void {
  const { rules } = tracking;
  source.losses.forgetBefore(atMs);
  if (!isMassLoss(source, rules)) return;
  const untilMs = atMs + rules.massSettleMs;
  if (source.doubt !== null) {
    source.doubt.untilMs = untilMs;
    return;
  }
  const losses = source.losses.since(atMs - rules.massWindowMs);
  const fromMs = Math.min(atMs, ...losses.map(({ firstAtMs }) => firstAtMs));
  source.doubt = { fromMs, untilMs };
  source.deafSinceMs ??= fromMs;
  for (const { person } of losses) {
    for (const body of person.bodies.values()) {
      const seat = body.seats.get(source.name);
      if (seat?.state === 'gone') seat.state = 'feed-doubted';
    }
    takeBack(person, fromMs, rules, atMs);
  }
}

function turnSeats(
  { people, rules }: Tracking,
  source: Source,
  from: readonly SeatState[],
  to: SeatState,
  atMs: number,
): void {
  for (const person of people.values()) {
    for (const body of person.bodies.values()) {
      const seat = body.seats.get(source.name);
      if (seat === undefined || !from.includes(seat.state)) continue;
      if (seat.state === 'present') body.lastSeenMs = atMs;
      if (to === 'feed-down') seat.ids.clear();
      seat.state = to;
    }
    updatePerson(person, atMs, rules);
  }
}
