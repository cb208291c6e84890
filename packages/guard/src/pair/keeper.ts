import { type Store, StoreFault, type Transaction } from '@watchbill/duty/store';
import type { Clock } from '@watchbill/kit';
import { GuardFault } from '../fault.ts';
import { encodeMember, type MemberReport } from './member.ts';
import { handedOver, type RoleRecord, renewed, rested, type Taking, taken } from './record.ts';
import { isSameRole, readRole, roleChange } from './role-store.ts';
import { RENEW_MS, ROLE_LEASE_MS, type RoleStanding, standingOf } from './standing.ts';
import type { TermFile, Terms } from './terms.ts';

/** Prefix of the machines' reports. */
export const MEMBERS = 'member/';

/** How often a change at the end of a node's process is tried, and the pause between two tries. */
const TRIES = 5;
const RETRY_MS = 1_000;
const CALL_MS = 3_000;

/** The facts of this machine that its guard reports to the pair. */
export type OwnReport = Omit<MemberReport, 'name' | 'beat' | 'seenTerm'>;

export interface RoleKeeperParts {
  readonly store: Store;
  readonly name: string;
  readonly terms: TermFile;
  readonly clock: Clock;
  /** Milliseconds since the boot; time in suspend counts. */
  readonly uptimeMs: () => number;
}

/** Keeps the active role of this machine in the store of its pair. */
export function keepRole(parts: RoleKeeperParts) {
  const { name, uptimeMs } = parts;
  const state = stateOf(parts);
  return {
    name,
    /** By the clock of this moment. It never asks the store. */
    standing: (): RoleStanding => {
      const { record, terms, heldUntilMs, hasRival } = state;
      if (hasRival) return { role: 'standby', say: rivalSentence(name), isRival: true };
      return standingOf({ name, record, terms, heldUntilMs, uptimeMs: uptimeMs() });
    },
    /** This machine is active in a term; durable when it returns. Before any key is placed in that term. */
    begins: (term: bigint): void => {
      const { seen } = state.terms;
      remember(parts, state, { seen: seen > term ? seen : term, active: term });
    },
    /**
     * Reads the record, renews it if this machine holds it, and writes the report. A machine that is active
     * for another validator does not renew it: the role becomes free. Rejects with a StoreFault, or a
     * GuardFault for a record that cannot be read.
     */
    turn: (report: OwnReport): Promise<void> => turn(parts, state, report),
    /** This machine began the present term, so keys may be placed by this process or may be placed again. */
    hasBegun: (): boolean => hasBegun(parts, state),
    /**
     * The node is gone and no key is placed: another machine is the holder from now on. False if the question
     * was taken back meanwhile; then this machine stays the holder.
     */
    handOver: (to: string, own: bigint | null): Promise<boolean> =>
      finish(parts, state, (record) =>
        record.to === to ? handedOver(record, to, lastSlotOf(state, record, own)) : null,
      ),
    /** The node is gone and no key is placed; this machine stays the holder. */
    rest: async (own: bigint | null): Promise<void> => {
      await finish(parts, state, (record) =>
        record.state === 'held' ? rested(record, lastSlotOf(state, record, own)) : null,
      );
    },
    /**
     * The record of another machine that holds the role, or to which this one handed over and which never
     * renewed it, and how long it has not changed; else null.
     */
    silence: () => silenceOf(parts, state),
    /** Takes the role over, if the record is still the one that `silence` showed. False if it has changed. */
    takeOver: ({ record }: Silence, taking: Omit<Taking, 'holder' | 'seenTerm'>): Promise<boolean> =>
      change(parts, state, record, taken(record, { ...taking, holder: name, seenTerm: state.terms.seen })),
  };
}

export type RoleKeeper = ReturnType<typeof keepRole>;

const stateOf = ({ terms }: RoleKeeperParts) => ({
  record: 'unread' as RoleRecord | null | 'unread',
  terms: terms.read(),
  heldUntilMs: null as number | null,
  beat: 0n,
  /** When the present text of the record was first read, and last. */
  ...{ sinceMs: 0, readMs: 0 },
  /** The highest beat in a term that this process may have written; null before it was the holder. */
  tried: null as { readonly term: bigint; readonly beat: bigint } | null,
  /** Another guard renewed the role under the name of this machine. Only a new start forgets it. */
  hasRival: false,
  /** The last term in which the holder was seen to have the role. A store that went back may deny it. */
  hadTerm: null as bigint | null,
});
type State = ReturnType<typeof stateOf>;

async function turn(parts: RoleKeeperParts, state: State, report: OwnReport): Promise<void> {
  const record = await look(parts, state);
  const { name, uptimeMs } = parts;
  const mayHold = report.busyWith === null;
  state.beat += 1n;
  const mine: MemberReport = { ...report, name, beat: state.beat, seenTerm: state.terms.seen };
  const write: Transaction = {
    compares: [],
    writes: [{ key: `${MEMBERS}${name}`, value: Buffer.from(encodeMember(mine)) }],
  };
  const isIdle = record === null || !isOurs(parts, state, record) || (!mayHold && record.state === 'free');
  if (isIdle) return void (await transact(parts, [write]));
  const askedMs = uptimeMs();
  const next = mayHold ? renewed(record) : rested(record, lastSlotOf(state, record, null));
  tryBeat(state, next);
  const [outcome] = await transact(parts, [roleChange(record, next), write]);
  // An uncertain answer does not count as a renewal: the next turn reads the record again.
  if (outcome !== 'applied') return;
  learn(parts, state, next);
  state.heldUntilMs = mayHold ? askedMs + ROLE_LEASE_MS : null;
}

/** A restored store may name this machine for a term that is over. */
const isOurs = (
  { name }: RoleKeeperParts,
  { terms, hasRival }: Pick<State, 'terms' | 'hasRival'>,
  { holder, term }: RoleRecord,
): boolean => holder === name && term >= terms.seen && !hasRival;

/** Before the first answer of the store, the last term that it knows counts. */
function hasBegun(parts: RoleKeeperParts, { record, terms, hasRival }: State): boolean {
  if (record === 'unread') return terms.active > 0n && terms.active === terms.seen;
  return record !== null && isOurs(parts, { terms, hasRival }, record) && record.term === terms.active;
}

const rivalSentence = (name: string): string =>
  `another guard renews the role under the name ${name}, for example on a copied machine. Stop one of the two or give it its own name in its pair file`;

/**
 * Within a term only the guard of the holder raises the beat, so one that this process did not try is of
 * another guard. At the first look, the last try of the process before may still be on its way.
 */
function noticeRival({ name }: RoleKeeperParts, state: State, record: RoleRecord | null): void {
  if (record === null || record.holder !== name) return;
  const { term, beat } = record;
  if (state.tried?.term !== term) state.tried = { term, beat: beat + 1n };
  else if (beat > state.tried.beat) state.hasRival = true;
}

function tryBeat(state: State, { term, beat }: RoleRecord): void {
  if (state.tried?.term === term && state.tried.beat < beat) state.tried = { term, beat };
}

/**
 * Tries a change by the holder until it is certain. False if the record, or another holder, does not ask for
 * it. Rejects at the last failure.
 */
async function finish(
  parts: RoleKeeperParts,
  state: State,
  next: (record: RoleRecord) => RoleRecord | null,
): Promise<boolean> {
  for (let left = TRIES - 1; ; left--) {
    try {
      const record = await look(parts, state);
      const wanted = record === null || !isOurs(parts, state, record) ? null : next(record);
      if (record === null || wanted === null) return false;
      if (await change(parts, state, record, wanted)) return true;
    } catch (error) {
      if (!(error instanceof StoreFault) || left === 0) throw error;
    }
    if (left === 0)
      throw new GuardFault('store', 'the role record changed at each try', 'look at `watchbill guard pair`');
    await parts.clock.sleep(RETRY_MS);
  }
}

async function change(
  parts: RoleKeeperParts,
  state: State,
  from: RoleRecord,
  to: RoleRecord,
): Promise<boolean> {
  tryBeat(state, to);
  const [outcome] = await transact(parts, [roleChange(from, to)]);
  if (outcome !== 'applied') return false;
  state.heldUntilMs = null;
  learn(parts, state, to);
  return true;
}

/** In a term that this machine never began, the last slot is still that of the machine before. */
const lastSlotOf = ({ terms }: State, record: RoleRecord, own: bigint | null): bigint | null =>
  record.term === terms.active ? own : record.lastSlot;

async function look(parts: RoleKeeperParts, state: State): Promise<RoleRecord | null> {
  try {
    const record = await readRole(parts.store, { timeoutMs: CALL_MS });
    noticeRival(parts, state, record);
    learn(parts, state, record);
    return record;
  } catch (error) {
    // A store that is silent for a moment leaves the record that is known; its lease ends by itself.
    if (!(error instanceof StoreFault)) state.record = 'unread';
    throw error;
  }
}

function learn(parts: RoleKeeperParts, state: State, record: RoleRecord | null): void {
  const { record: before } = state;
  state.readMs = parts.uptimeMs();
  if (before === 'unread' || !isSameRole(before, record)) state.sinceMs = state.readMs;
  state.record = record;
  if (before === 'unread' || before?.term !== record?.term) state.heldUntilMs = null;
  if (record === null) return;
  if (record.from === null) state.hadTerm = record.term;
  const { seen, active } = state.terms;
  if (record.term > seen) remember(parts, state, { seen: record.term, active });
}

/** Durable first, so that the guard never acts on a term that a crash could forget. */
function remember({ terms }: RoleKeeperParts, state: State, next: Terms): void {
  terms.write(next);
  state.terms = next;
}

type Silence = NonNullable<ReturnType<typeof silenceOf>>;

/** `ms`: on this machine's clock since the boot, from the first answer that showed the record. */
function silenceOf({ name, uptimeMs }: RoleKeeperParts, { record, sinceMs, readMs, hadTerm }: State) {
  if (record === 'unread' || record === null || record.holder === name) return null;
  if (record.state === 'free' && (record.from !== name || record.term === hadTerm)) return null;
  // While the store does not answer, the record may have changed.
  if (uptimeMs() - readMs > 2 * RENEW_MS) return null;
  return { record, ms: readMs - sinceMs };
}

async function transact(
  { store }: Pick<RoleKeeperParts, 'store'>,
  all: readonly Transaction[],
): Promise<readonly string[]> {
  return (await store.transact(all, { timeoutMs: CALL_MS })).map(({ outcome }) => outcome);
}
