import { FIRST_BACKOFF, type Retransmission, tickBackoff } from '../retransmission.ts';
import type { Window } from '../window.ts';
import type { Sending } from './state.ts';
import { cursorOf, type Turn } from './turn.ts';

/** Repeat the messages that are due at a new height, and forget the expired ones. */
export function repeatMessages<Plan, Round>(
  { retransmission }: { readonly retransmission?: Retransmission },
  turn: Turn<Plan, Round>,
  height: bigint,
): void {
  const kept: Sending[] = [];
  for (const sending of turn.state.sending) {
    if (height >= sending.untilHeight) continue;
    const due = tickBackoff(sending.backoff, height - sending.sent.atHeight);
    const send = retransmission === 'standard' || due.send;
    const { type, payload } = sending.sent;
    if (send) turn.effects.push({ kind: 'broadcast', window: sending.window, type, payload, again: true });
    kept.push({ ...sending, backoff: due.next });
  }
  turn.state = { ...turn.state, sending: kept };
}

/** After a restart: sends every message again that may have been sent, and then repeats it as before. */
export function resumeSending<Plan, Round>(turn: Turn<Plan, Round>, window: Window, height: bigint): void {
  const sending = cursorOf(turn).sent.map((sent): Sending => {
    const { next } = tickBackoff(FIRST_BACKOFF, height - sent.atHeight);
    return { window: window.index, sent, backoff: next, untilHeight: window.activeEnd };
  });
  for (const { sent } of sending) {
    const { type, payload } = sent;
    turn.effects.push({ kind: 'broadcast', window: window.index, type, payload, again: true });
  }
  turn.state = { ...turn.state, sending };
}
