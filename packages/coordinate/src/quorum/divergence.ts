import { sameBytes } from './digest.ts';
import { scheduleDigest, versionAt } from './identity.ts';
import type { KnownVersion, Message } from './messages.ts';
import type { QuorumPlan } from './plan-port.ts';
import type { Divergence } from './round.ts';
import { change, type QuorumTurn, tell } from './turn.ts';

/**
 * Compare a member's view of the chain and the schedule with this one's. A difference is not a fault of a
 * member.
 */
export function compare(turn: QuorumTurn, { header, statement }: Message): void {
  if (statement.kind !== 'hello') return;
  const { plan } = turn;
  compareVersions(turn, header.seat, statement.versions);
  if (!sameBytes(statement.referenceHash, plan.referenceHash)) {
    diverges(turn, header.seat, 'reference');
  } else if (!sameBytes(statement.seedInput, plan.seedInput)) {
    diverges(turn, header.seat, 'seed');
  }
}

/** A proposal that was made from other inputs. */
export function noteOtherInputs(turn: QuorumTurn, { header, statement }: Message): void {
  if (statement.kind !== 'propose') return;
  const isReference = !sameBytes(statement.referenceHash, turn.plan.referenceHash);
  diverges(turn, header.seat, isReference ? 'reference' : 'seed');
}

/** A signed message of a version that is not in force here. */
export function noteOtherVersion(turn: QuorumTurn, { header }: Message): void {
  const isKnown = turn.plan.schedule.some(({ version }) => version === header.version);
  otherVersion(turn, header.seat, header.version, isKnown);
}

/**
 * Compares the version in force by that list with the one in force here, and future versions, which the
 * operator should know.
 */
function compareVersions(turn: QuorumTurn, seat: number, versions: readonly KnownVersion[]): void {
  const { plan } = turn;
  const theirs = versions.findLast(({ fromHeight }) => fromHeight <= plan.window.block);
  if (theirs !== undefined && !isOurs(plan, theirs)) {
    const isKnown = plan.schedule.some(({ version }) => version === theirs.version);
    otherVersion(turn, seat, theirs.version, isKnown);
    return;
  }
  const unknown = versions.find(
    ({ version, fromHeight }) =>
      fromHeight > plan.window.block && !plan.schedule.some((known) => known.version === version),
  );
  if (unknown === undefined) return;
  const from = `from height ${unknown.fromHeight} on`;
  tellUnknown(turn, seat, `has version ${unknown.version} of the schedule ${from}; install it`);
}

function isOurs({ schedule, window }: QuorumPlan, { version, digest }: KnownVersion): boolean {
  const ours = versionAt(schedule, window.block);
  return ours.version === version && sameBytes(scheduleDigest(ours), digest);
}

function otherVersion(turn: QuorumTurn, seat: number, version: number, isKnown: boolean): void {
  setDivergent(turn, seat, 'version');
  if (!isKnown) {
    tellUnknown(turn, seat, `runs version ${version} of the schedule, which is unknown here; install it`);
    return;
  }
  const ours = turn.plan.version.version;
  const text =
    version === ours
      ? `has another content under version ${version} of the schedule; compare the files`
      : `runs version ${version} of the schedule, but this node runs version ${ours}; compare the group files`;
  tell(turn, 'version-differs', `${nameOf(turn, seat)} ${text}`);
}

function tellUnknown(turn: QuorumTurn, seat: number, text: string): void {
  tell(turn, 'unknown-version', `${nameOf(turn, seat)} ${text}`);
}

function diverges(turn: QuorumTurn, seat: number, what: 'seed' | 'reference'): void {
  setDivergent(turn, seat, what);
  const read = what === 'seed' ? 'input of the seed' : 'reference block';
  const text = `${nameOf(turn, seat)} reads another ${read} than this node: one of the two nodes is faulty, lags, or is on another fork`;
  tell(turn, `${what}-differs`, text);
}

function setDivergent(turn: QuorumTurn, seat: number, what: Divergence): void {
  if (turn.round.divergent.has(seat)) return;
  change(turn, { divergent: new Map(turn.round.divergent).set(seat, what) });
}

function nameOf({ plan }: QuorumTurn, seat: number): string {
  return plan.group.members[seat]?.name ?? `seat ${seat}`;
}
