import { createHash } from 'node:crypto';
import {
  type EngineEvent,
  type EngineState,
  type QuorumPlan,
  type QuorumProposal,
  type QuorumRules,
  quorumRules,
  startedState,
  step,
  windowOf,
  windowSchedule,
} from '@watchbill/coordinate';
import { ACTION, groupOf, hashOf, SCHEDULE } from './group.ts';
import type { Keys, OperatorKey } from './keys.ts';

/** A group without transport and runner: engines that are given each other's messages. */
export interface FlatGroup {
  /** Run one window from its first block to its end. Throws where it ends without an execution. */
  window(): void;
  windows(): number;
}

interface Member {
  readonly seat: number;
  readonly rules: QuorumRules;
  state: EngineState<QuorumPlan, Parameters<QuorumRules['on']>[1]>;
}

type Event = EngineEvent<QuorumProposal>;

/**
 * Signatures are keyed hashes: what is measured here is what is kept, and real ones would take ten times as
 * long.
 */
export function flatGroup(size: number): FlatGroup {
  const keys = Array.from({ length: size }, (_, seat) => hashKey(seat));
  const group = groupOf(keys);
  const schedule = windowSchedule(group);
  const members = keys.map(
    (key, seat): Member => ({
      seat,
      rules: quorumRules({ group, schedule: SCHEDULE, seat, key, verify: verifyHash }),
      state: startedState(null),
    }),
  );
  const waiting: { readonly to: Member; readonly event: Event }[] = [];
  let executed = 0;
  let count = 0;
  const all = (event: Event): void => {
    for (const to of members) waiting.push({ to, event });
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) executed += give(next);
  };
  const give = ({ to, event }: { readonly to: Member; readonly event: Event }): number => {
    const { state, effects } = step(to.rules, to.state, event);
    to.state = state;
    let executions = 0;
    for (const effect of effects) {
      if (effect.kind === 'execute') executions += 1;
      if (effect.kind === 'record-fault') throw new Error(`${effect.fault.culprit} was blamed`);
      if (effect.kind === 'broadcast') {
        const message = { type: effect.type, sender: `${to.seat}`, payload: effect.payload };
        for (const other of members)
          if (other !== to) waiting.push({ to: other, event: { kind: 'message', message } });
      }
      const answer = answerTo(effect);
      if (answer !== null) waiting.push({ to, event: answer });
    }
    return executions;
  };
  all({ kind: 'height', height: 1n });

  return {
    windows: () => count,
    window: () => {
      count += 1;
      const { block, activeEnd } = windowOf(schedule, BigInt(count));
      executed = 0;
      all({ kind: 'height', height: block });
      all({ kind: 'height', height: activeEnd - 1n });
      all({ kind: 'height', height: activeEnd });
      if (executed !== size) throw new Error(`window ${count}: ${executed} of ${size} members execute`);
    },
  };
}

type Effect = ReturnType<typeof step<QuorumPlan, unknown, QuorumProposal>>['effects'][number];

/** What a runner would answer. */
function answerTo(effect: Effect): Event | null {
  switch (effect.kind) {
    case 'read-inputs': {
      const { window, asks } = effect;
      return { kind: 'inputs', window, inputs: asks.map(({ height }) => hashOf(height)) };
    }
    case 'generate': {
      const { window, attempt } = effect;
      return { kind: 'proposal', window, attempt, proposal: { action: ACTION, content: new Uint8Array(64) } };
    }
    case 'validate': {
      const { window, key } = effect;
      return { kind: 'validated', window, key, answer: { result: 'valid' } };
    }
    case 'execute':
      return { kind: 'action-ended', window: effect.execution.window };
    default:
      return null;
  }
}

function hashKey(seat: number): OperatorKey {
  const publicKey = hashOf(BigInt(seat));
  return { scheme: 'ed25519', publicKey, sign: (message) => mac(publicKey, message) };
}

const verifyHash: Keys['verify'] = ({ publicKey }, message, signature) =>
  Buffer.compare(mac(publicKey, message), signature) === 0;

function mac(key: Uint8Array, message: Uint8Array): Uint8Array {
  return Uint8Array.from(createHash('sha512').update(key).update(message).digest());
}
