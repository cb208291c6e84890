import type { Ending } from '../endings.ts';
import type { Command } from './events.ts';
import { change, drop, finishClosing, NO_TRIES, type Turn } from './turn.ts';

/** A command of a person, or of a newer round, for an intent. */
export function onCommand(turn: Turn, command: Command): void {
  if (command.kind === 'resume') {
    resume(turn);
    return;
  }
  const { closing, flight, announcement } = turn.state;
  if (closing?.to === 'end') {
    drop(turn, command.kind, 'closing');
    return;
  }
  const ending = endingOf(command);
  const patch = { closing: { to: 'end', ending }, tries: NO_TRIES, held: null } as const;
  change(turn, patch, { reason: 'closing', detail: `${ending.reason}: ${ending.detail}` });
  if (flight === null && announcement === null) finishClosing(turn);
}

function endingOf(command: Exclude<Command, { readonly kind: 'resume' }>): Ending {
  return command.kind === 'cancel'
    ? { result: 'cancelled', reason: 'operator', detail: command.detail }
    : { result: 'superseded', reason: 'newer-intent', detail: `by ${command.by}` };
}

function resume(turn: Turn): void {
  if (turn.state.held === null) {
    drop(turn, 'resume', 'not-held');
    return;
  }
  const detail = `it was held: ${turn.state.held}`;
  change(turn, { held: null, tries: NO_TRIES }, { reason: 'resumed', detail });
}
