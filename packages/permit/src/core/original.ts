import { type Duty, type Part, type Policy, parseUnit, type Unit } from '@watchbill/duty';
import type { OriginalCaller, OriginalRequest } from '../contract.ts';
import type { RoundState } from '../ports.ts';
import { markName } from './keys.ts';
import type { CoreModules } from './modules.ts';
import { createNamedMutex } from './mutex.ts';
import { createSetRecords } from './sets.ts';
import { denied, unknown, type Verdict } from './verdict.ts';

/** What a question of the original wire protocol claims, or the verdict that ends it. */
export type OriginalTarget =
  | { readonly ok: true; readonly duty: Duty; readonly unit: Unit; readonly parts: readonly Part[] }
  | { readonly ok: false; readonly verdict: Verdict };

export interface OriginalTargets {
  target(
    policy: Policy,
    request: OriginalRequest,
    number: bigint,
    caller: OriginalCaller,
  ): Promise<OriginalTarget>;
}

interface Seen {
  readonly setId: bigint;
  /** Round of the last reading. */
  readonly round: bigint;
  /** True where the node's voter is known to be of this set. */
  readonly confirmed: boolean;
}

const ROUND_STATE_TIMEOUT_MS = 1_000;
/** A voter that begins a set is in round 1, or in 2 when it is read late; a lower round above that is an old database. */
const RESTARTED_BY = 2n;
/** Of one question for the ones before it. */
const MAX_WAIT_MS = 2_000;

/**
 * The original protocol's round lacks the set id. It is taken from the claimant's own node, and a new set counts
 * only after that node's round was seen to restart: the set id moves before the voter does, so a round of the old
 * voter can be read under the new id, and two equal reads prove nothing (protocol section 3).
 */
export function createOriginalTargets(modules: CoreModules): OriginalTargets {
  const { context } = modules;
  const seenBy = new Map<string, Seen>();
  const records = createSetRecords(context);
  const mutex = createNamedMutex();

  function dutyNamed(name: string): Duty {
    const duty = context.duties.get(name);
    if (duty === undefined) throw new Error(`the duty table has no ${name}`);
    return duty;
  }

  function single(duty: Duty, number: bigint): OriginalTarget {
    const parsed = parseUnit(duty.fields, number.toString());
    if (!parsed.ok) return { ok: false, verdict: denied('unit-ahead', parsed.why) };
    return { ok: true, duty, unit: parsed.unit, parts: duty.parts };
  }

  async function round(policy: Policy, number: bigint, caller: OriginalCaller): Promise<OriginalTarget> {
    const duty = dutyNamed('grandpa');
    const inSet = (set: bigint): OriginalTarget => ({
      ok: true,
      duty,
      unit: [set, number],
      parts: duty.parts,
    });
    if (policy.originalWire.roundScope === 'unscoped') return inSet(0n);
    const rpcUrl = policy.roster.find((node) => node.name === caller.node)?.rpcUrl;
    if (rpcUrl === undefined) {
      return {
        ok: false,
        verdict: unknown('round-state-unknown', `${caller.node} has no rpcUrl in the policy`),
      };
    }
    const name = `${markName(caller.chain, caller.key, 'grandpa')}/${caller.node}`;
    // One reading after another: what was read before a restart must not be judged after it.
    const ending = new AbortController();
    const timer = new AbortController();
    void context.parts.clock.sleep(MAX_WAIT_MS, timer.signal).then(() => ending.abort());
    const target = await mutex.run(name, () => look(name, rpcUrl, number, caller, inSet), ending.signal);
    timer.abort();
    const late = 'questions of this node before this one wait for its round state';
    return target ?? { ok: false, verdict: unknown('round-state-unknown', late) };
  }

  async function look(
    name: string,
    rpcUrl: string,
    number: bigint,
    caller: OriginalCaller,
    inSet: (set: bigint) => OriginalTarget,
  ): Promise<OriginalTarget> {
    let state: RoundState;
    try {
      state = await context.parts.nodeRpc.roundState(rpcUrl, ROUND_STATE_TIMEOUT_MS);
    } catch (error) {
      return {
        ok: false,
        verdict: unknown('round-state-unknown', error instanceof Error ? error.message : String(error)),
      };
    }
    if (!(await confirm(name, caller, state))) return unconfirmed(state);
    return near(state.bestRound, number) ? inSet(state.setId) : elsewhere(state, number);
  }

  function unconfirmed(state: RoundState): OriginalTarget {
    const detail = `set ${state.setId} is new and its round (${state.bestRound}) was not yet seen to restart`;
    return { ok: false, verdict: denied('set-unconfirmed', detail) };
  }

  /** A question of the old voter that arrives after the restart names a round that its node is not in. */
  function elsewhere(state: RoundState, number: bigint): OriginalTarget {
    const detail = `the node is in round ${state.bestRound} of set ${state.setId}, not in round ${number}`;
    return { ok: false, verdict: denied('set-unconfirmed', detail) };
  }

  async function confirm(name: string, caller: OriginalCaller, state: RoundState): Promise<boolean> {
    const before = seenBy.get(name);
    const { setId, bestRound: round } = state;
    const see = (confirmed: boolean) => {
      seenBy.set(name, { setId, round, confirmed });
      return confirmed;
    };
    if (before?.setId === setId && before.confirmed) return see(true);
    // The first set of a chain follows no other, so its rounds cannot be mistaken for another set's.
    if (setId === 0n) {
      await records.knows(caller, setId);
      return see(true);
    }
    // Across a change only from a set that was confirmed and is the one before: else it may be an older restart.
    const follows = before?.setId === setId || (before?.confirmed === true && before.setId + 1n === setId);
    if (before !== undefined && follows && round < before.round && round <= RESTARTED_BY) {
      await records.restarted(caller, setId);
      return see(true);
    }
    return see(await records.knows(caller, setId));
  }

  return {
    async target(policy, request, number, caller) {
      if (request.kind === 'slot') return single(dutyNamed(policy.originalWire.slotDuty), number);
      if (request.kind === 'session') return single(dutyNamed('im-online'), number);
      return round(policy, number, caller);
    },
  };
}

/** The round of a question is the voter's best one, or a neighbour while the voter moves on. */
function near(bestRound: bigint, number: bigint): boolean {
  return number >= bestRound - 1n && number <= bestRound + 1n;
}
