import { counted } from '@watchbill/kit';
import type { Ending } from '../endings.ts';
import { type IntentState, shownState } from '../state.ts';
import type { Ask, ClosedFlight, Effect, Note } from './effects.ts';
import type { MachineRules } from './rules.ts';

/** The data of one step in progress. */
export interface Turn {
  readonly rules: MachineRules;
  state: IntentState;
  ask: Ask | null;
  readonly notes: Note[];
  readonly closed: ClosedFlight[];
  readonly dropped: Effect[];
}

export type Said = Pick<Note, 'reason' | 'detail'> & Partial<Pick<Note, 'extrinsic' | 'block'>>;

/** A lasting change, with its line of the journal. */
export function change(turn: Turn, patch: Partial<IntentState>, said: Said): void {
  const from = shownState(turn.state);
  turn.state = { ...turn.state, waiting: null, ...patch };
  const { seen, flight } = turn.state;
  turn.notes.push({
    from,
    to: shownState(turn.state),
    height: seen,
    extrinsic: flight?.hash ?? null,
    block: null,
    ...said,
  });
}

export function askFor(turn: Turn, ask: Ask): void {
  turn.ask = ask;
}

/** Reported once, as long as it is the same. */
export function wait(turn: Turn, why: string): void {
  if (turn.state.waiting === why) return;
  change(turn, { waiting: why }, { reason: 'waits', detail: why });
}

export function drop(turn: Turn, event: string, why: string): void {
  turn.dropped.push({ kind: 'dropped', event, why });
}

/** A try has failed. After the last one the intent waits for a person; winding up continues by itself. */
export function tryFailed(turn: Turn, why: string): void {
  const { rules, state } = turn;
  const count = state.tries.count + 1;
  const doubled = rules.pauseBlocks * 2n ** BigInt(Math.min(count - 1, 30));
  const pause = doubled < rules.longestPauseBlocks ? doubled : rules.longestPauseBlocks;
  const tries = { count, notBefore: state.seen + pause, why };
  const isLast = count >= rules.maxTries && state.closing === null;
  if (isLast)
    change(
      turn,
      { tries, held: why },
      { reason: 'held', detail: `${counted(count, 'try', 'tries')} failed: ${why}` },
    );
  else change(turn, { tries }, { reason: 'try-failed', detail: why });
}

export const NO_TRIES = { count: 0, notBefore: 0n, why: '' } as const;

/** The flight is no longer followed. */
export function closeFlight(turn: Turn, outcome: ClosedFlight['outcome']): void {
  const { flight } = turn.state;
  if (flight === null) return;
  turn.closed.push({ number: flight.number, outcome });
  turn.state = { ...turn.state, flight: null };
}

/** Starts the end of the intent. Its announcement on the chain is withdrawn first. */
export function end(turn: Turn, ending: Ending, said: Partial<Said> = {}): void {
  if (turn.state.announcement === null) {
    endNow(turn, ending, said);
    return;
  }
  const patch = { closing: { to: 'end', ending }, tries: NO_TRIES, held: null } as const;
  change(turn, patch, { reason: 'closing', detail: `${ending.reason}: ${ending.detail}`, ...said });
}

export function endNow(turn: Turn, ending: Ending, said: Partial<Said> = {}): void {
  const patch = { stage: 'ended', ending, closing: null, held: null } as const;
  change(turn, patch, { reason: 'ended', detail: `${ending.reason}: ${ending.detail}`, ...said });
}

/** The intent has no announcement on chain and no open transaction, so the planned end takes place. */
export function finishClosing(turn: Turn): void {
  const { closing } = turn.state;
  if (closing === null) return;
  if (closing.to === 'end') {
    endNow(turn, closing.ending);
    return;
  }
  const { targets, why } = closing;
  const patch = { stage: 'planned', targets, closing: null, tries: NO_TRIES } as const;
  change(turn, patch, { reason: 'planned-again', detail: why });
}
