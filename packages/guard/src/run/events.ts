import type { GuardEvents } from './parts.ts';

/** Passes each event to several listeners, in their order. */
export function allEvents(...listeners: readonly GuardEvents[]): GuardEvents {
  return {
    started: (pid) => each(listeners, (one) => one.started(pid)),
    ended: (end) => each(listeners, (one) => one.ended(end)),
    continuity: (of) => each(listeners, (one) => one.continuity(of)),
    allowed: (allowance, refusal) => each(listeners, (one) => one.allowed(allowance, refusal)),
    compared: (check) => each(listeners, (one) => one.compared(check)),
    rotation: (state) => each(listeners, (one) => one.rotation(state)),
    sealed: (key) => each(listeners, (one) => one.sealed(key)),
    lapsed: (ms) => each(listeners, (one) => one.lapsed(ms)),
    placed: (key) => each(listeners, (one) => one.placed(key)),
    verdicts: (all) => each(listeners, (one) => one.verdicts(all)),
    unread: (node, fault) => each(listeners, (one) => one.unread(node, fault)),
    standing: (of) => each(listeners, (one) => one.standing(of)),
    roleLost: (say) => each(listeners, (one) => one.roleLost(say)),
    handedOver: (to) => each(listeners, (one) => one.handedOver(to)),
    pairUnread: (why) => each(listeners, (one) => one.pairUnread(why)),
    fenced: (machine, isOff, say) => each(listeners, (one) => one.fenced(machine, isOff, say)),
  };
}

function each(listeners: readonly GuardEvents[], call: (one: GuardEvents) => void): void {
  for (const one of listeners) call(one);
}
