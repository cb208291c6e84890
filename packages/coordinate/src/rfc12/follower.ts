import type { Fault } from '../faults.ts';
import type { Incoming } from '../rules.ts';
import type { ActionName } from './actions.ts';
import type { FaultKind } from './fault-kinds.ts';
import type { Rfc12Member } from './member.ts';
import { type CoordinationMessage, decodeMessage, MESSAGE_TYPE } from './message.ts';
import { operatorAt } from './operators.ts';
import type { Plan } from './plan.ts';
import { MESSAGE_REFUSALS } from './refusals.ts';

/** Why a follower refuses a message, with an explanation. */
export const FOLLOWER_REFUSALS = {
  ...MESSAGE_REFUSALS,
  'other-type': 'it is not a coordination message',
  'own-seat': 'it names a seat of this operator as its sender',
  'seat-of-another': 'it names a seat that its sender does not hold',
  'other-window': 'it names another coordination block',
  'other-group': 'it names another wallet',
  impersonation: 'its sender does not lead this window, or uses another seat than its first',
  'action-not-allowed': 'the leader proposed an action that is not due',
} as const;

export type FollowerRefusal = keyof typeof FOLLOWER_REFUSALS;

export type Judgement =
  | { readonly accepted: true; readonly message: CoordinationMessage }
  | { readonly accepted: false; readonly refusal: FollowerRefusal; readonly fault: Fault | null };

interface Check {
  readonly refusal: FollowerRefusal;
  isWrong(message: CoordinationMessage, incoming: Incoming, plan: Plan, member: Rfc12Member): boolean;
  /** The culprit and its fault; most refusals have none. */
  attributeFault?(incoming: Incoming, plan: Plan): Fault;
}

/** In this order: a later check relies on the earlier ones, and only the last two accuse a member. */
const CHECKS: readonly Check[] = [
  {
    refusal: 'own-seat',
    isWrong: ({ senderSeat }, _incoming, _plan, { localSeats }) => localSeats.includes(senderSeat),
  },
  {
    refusal: 'seat-of-another',
    isWrong: ({ senderSeat }, { sender }, _plan, { group }) => operatorAt(group, senderSeat) !== sender,
  },
  {
    refusal: 'other-window',
    isWrong: ({ coordinationBlock }, _incoming, { window }) => coordinationBlock !== window.block,
  },
  {
    refusal: 'other-group',
    isWrong: ({ keyHash }, _incoming, _plan, { group }) => Buffer.compare(keyHash, group.keyHash) !== 0,
  },
  {
    refusal: 'impersonation',
    isWrong: ({ senderSeat }, _incoming, { leaderSeat }) => senderSeat !== leaderSeat,
    attributeFault: ({ sender }) => fault(sender, 'leader-impersonation'),
  },
  {
    refusal: 'action-not-allowed',
    isWrong: ({ proposal }, _incoming, { checklist }) => !isAllowed(checklist, proposal.action),
    attributeFault: (_incoming, { leader }) => fault(leader, 'leader-mistake'),
  },
];

/** Whether a follower accepts a message, and the culprit if it does not. */
export function judgeMessage(member: Rfc12Member, plan: Plan, incoming: Incoming): Judgement {
  if (incoming.type !== MESSAGE_TYPE) return { accepted: false, refusal: 'other-type', fault: null };
  const decoded = decodeMessage(incoming.payload);
  if (!decoded.ok) return { accepted: false, refusal: decoded.refusal, fault: null };
  const message = decoded.value;
  const failed = CHECKS.find((check) => check.isWrong(message, incoming, plan, member));
  if (failed === undefined) return { accepted: true, message };
  return { accepted: false, refusal: failed.refusal, fault: failed.attributeFault?.(incoming, plan) ?? null };
}

export function fault(culprit: string, kind: FaultKind): Fault {
  return { culprit, kind };
}

/** A noop is always allowed. */
function isAllowed(checklist: readonly ActionName[], action: ActionName): boolean {
  return action === 'noop' || checklist.includes(action);
}
