import type { SimEvent } from '../world/history.ts';
import type { Violation } from './oracle.ts';

/** R: a node is granted nothing, also no repeat, if no policy in force during its claim lists it. */
export function grantedToRemoved(events: readonly SimEvent[]): Violation | null {
  for (const event of events) {
    if (event.kind !== 'reply' || event.reply.outcome !== 'granted') continue;
    if (event.terms.some(({ roster }) => roster.includes(event.node))) continue;
    return { promise: 'R', what: `${event.node} is not listed and was granted`, events: [event] };
  }
  return null;
}

/** Z: while a key is frozen, nothing but a vote is repeated: a second seal would be another signature. */
export function grantedWhileFrozen(events: readonly SimEvent[]): Violation | null {
  for (const event of events) {
    if (event.kind !== 'reply' || event.reply.outcome !== 'granted') continue;
    const { duty, unit, part, reason } = event.reply;
    const isVote = reason === 'repeat' && part !== 'enter' && duty !== 'babe';
    if (isVote || !event.terms.every(({ frozen }) => frozen)) continue;
    return {
      promise: 'Z',
      what: `${part} of ${duty} ${unit} was granted while its key was frozen`,
      events: [event],
    };
  }
  return null;
}
