import { createHash } from 'node:crypto';
import { type FakeNode, fakeNode } from '../../engine/testing/fake-node.ts';
import type { Incoming } from '../../rules.ts';
import { type Window, windowOf } from '../../window.ts';
import { MAINNET_ERAS } from '../eras.ts';
import { memberOf } from '../member.ts';
import { type CoordinationMessage, encodeMessage, MESSAGE_TYPE } from '../message.ts';
import type { Rfc12Group } from '../operators.ts';
import { type Plan, planWindow } from '../plan.ts';
import type { Proposal } from '../proposal.ts';
import { type Rfc12Round, rfc12Rules } from '../rules.ts';
import { RFC12_WINDOWS } from '../windows.ts';

export type Rfc12Node = FakeNode<Plan, Rfc12Round, Proposal>;

/** Ten seats of three operators, in the order of keep-core's own tests. */
export const GROUP: Rfc12Group = {
  keyHash: new Uint8Array(20).fill(0xaa),
  operators: ['0xB', '0xC', '0xA', '0xA', '0xC', '0xB', '0xB', '0xC', '0xA', '0xA'],
};

export const REDEMPTION: Proposal = {
  action: 'redemption',
  redeemerOutputScripts: [Uint8Array.from([0, 1]), Uint8Array.from([2])],
  redemptionTxFee: 10_000n,
};
export const HEARTBEAT: Proposal = { action: 'heartbeat', message: new Uint8Array(16).fill(1) };
export const NOOP: Proposal = { action: 'noop' };

export const windowNumber = (index: bigint): Window => windowOf(RFC12_WINDOWS, index);

/** A hash with which this operator leads that window, and with which no heartbeat is drawn. */
export function hashForLeader(leader: string, index = 1n): Uint8Array {
  for (let salt = 0; salt < 1_000; salt++) {
    const hash = createHash('sha256').update(`${leader}/${index}/${salt}`).digest();
    const plan = planWindow(GROUP, windowNumber(index), hash, MAINNET_ERAS);
    if (plan.leader === leader && !plan.checklist.includes('heartbeat')) return Uint8Array.from(hash);
  }
  throw new Error(`${leader} leads with none of a thousand hashes`);
}

export function nodeOf(operator: string, localSeats?: readonly number[]): Rfc12Node {
  return fakeNode(rfc12Rules(memberOf(GROUP, operator, MAINNET_ERAS, localSeats)));
}

/** Take a node into a window: its first block, and the hash with which this operator leads. */
export function openWindow(
  node: Rfc12Node,
  leader: string,
  index = 1n,
  height = windowNumber(index).block,
): void {
  node.give({ kind: 'height', height });
  node.give({ kind: 'inputs', window: index, inputs: [hashForLeader(leader, index)] });
}

/** A message of the transport, good unless told otherwise. */
export function incoming(
  sender: string,
  message: Partial<CoordinationMessage> & { readonly senderSeat: number },
  type: string = MESSAGE_TYPE,
): { readonly kind: 'message'; readonly message: Incoming } {
  const whole = { coordinationBlock: 900n, keyHash: GROUP.keyHash, proposal: REDEMPTION, ...message };
  return { kind: 'message', message: { type, sender, payload: encodeMessage(whole) } };
}
