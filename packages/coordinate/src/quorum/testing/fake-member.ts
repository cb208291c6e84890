import type { Validation } from '../../rules.ts';
import { decodeMessage } from '../codec.ts';
import type { Message, MessageKind } from '../messages.ts';
import { QUORUM_FRAME } from '../self.ts';
import { groupOf, hashAt, type NodeOptions, nodeOf, planOf } from './fake-group.ts';
import { bytesOf } from './fake-messages.ts';

export const GROUP = groupOf(4);
export const PLAN = planOf(GROUP);
/** The seats that lead the ranks of the first window, in their order. */
export const LEADERS = PLAN.leaders;

/** One member of a group of four; the test speaks for all others and gives all answers. */
export type FakeMember = ReturnType<typeof memberAt>;

/** A member of the first window, which it has opened at its first block. */
export function memberAt(seat: number, options: NodeOptions = {}) {
  const node = nodeOf(GROUP, seat, options);
  const height = (at: bigint) => {
    const effects = [...node.give({ kind: 'height', height: at })];
    for (const effect of effects) {
      if (effect.kind !== 'read-inputs') continue;
      const inputs = effect.asks.map((ask) => hashAt(ask.height));
      effects.push(...node.give({ kind: 'inputs', window: effect.window, inputs }));
    }
    return effects;
  };
  const hearBytes = (payload: Uint8Array, type: string = QUORUM_FRAME) =>
    node.give({ kind: 'message', message: { type, sender: 'any', payload } });
  height(29n);
  height(30n);
  return {
    node,
    height,
    hearBytes,
    hear: (...messages: readonly Message[]) =>
      messages.flatMap((message) => hearBytes(bytesOf(PLAN, message))),
    /** Answers the last question of the node for a validator. */
    answer: (answer: Validation) => {
      const asked = node.of('validate').at(-1);
      if (asked === undefined) throw new Error('the member asked no question');
      return node.give({ kind: 'validated', window: asked.window, key: asked.key, answer });
    },
    /** The messages of a kind that it sent, each once. */
    sent: (kind: MessageKind) =>
      node
        .of('broadcast')
        .filter(({ again }) => !again)
        .flatMap(({ payload }) => {
          const decoded = decodeMessage(payload);
          return decoded.ok && decoded.message.statement.kind === kind ? [decoded.message] : [];
        }),
    /** Why it dropped events, in their order. */
    dropped: () => node.of('dropped').map(({ why }) => why),
    notes: (code: string) =>
      node
        .of('notice')
        .filter((notice) => notice.code === code)
        .map(({ text }) => text),
    /** `culprit kind` of all faults, in their order. */
    faults: () => node.of('record-fault').map(({ fault }) => `${fault.culprit} ${fault.kind}`),
  };
}

/** The seats of the group but some. */
export function others(...but: readonly number[]): readonly number[] {
  return GROUP.members.flatMap((_, seat) => (but.includes(seat) ? [] : [seat]));
}
