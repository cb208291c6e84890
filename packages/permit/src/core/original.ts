import { type Duty, type Mark, type Part, type Policy, parseUnit, type Unit } from '@watchbill/duty';
import type { OriginalCaller, OriginalRequest } from '../contract.ts';
import type { RoundState } from '../ports.ts';
import { markName } from './keys.ts';
import type { CoreModules } from './modules.ts';
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
  setId: bigint;
  /** Highest round read under this set id while it was not confirmed. */
  bestRound: bigint;
  confirmed: boolean;
}

const ROUND_STATE_TIMEOUT_MS = 1_000;

/**
 * The original protocol's round lacks the set id. It is taken from the claimant's own node, and a new set counts
 * only after that node's round was seen to restart: the set id moves before the voter does, so a round of the old
 * voter can be read under the new id, and two equal reads prove nothing (protocol section 3).
 */
export function createOriginalTargets(modules: CoreModules): OriginalTargets {
  const { context } = modules;
  const seenBy = new Map<string, Seen>();

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
    let state: RoundState;
    try {
      state = await context.parts.nodeRpc.roundState(rpcUrl, ROUND_STATE_TIMEOUT_MS);
    } catch (error) {
      return {
        ok: false,
        verdict: unknown('round-state-unknown', error instanceof Error ? error.message : String(error)),
      };
    }
    const mark = await grandpaMark(policy, duty);
    if (!confirm(caller, mark, state)) return unconfirmed(state);
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

  async function grandpaMark(policy: Policy, duty: Duty): Promise<Mark | null> {
    const ref = { chain: policy.chain, key: policy.key, duty };
    const held = modules.marks.get(ref) ?? (await modules.marks.load(ref, context.options.storeTimeoutMs));
    return held?.mark ?? null;
  }

  function confirm(caller: OriginalCaller, mark: Mark | null, state: RoundState): boolean {
    const name = `${markName(caller.chain, caller.key, 'grandpa')}/${caller.node}`;
    const before = seenBy.get(name);
    const known = highestKnown(mark);
    // The first set of a chain follows no other, so its rounds cannot be mistaken for another set's.
    const inKnownSet = state.setId === 0n || (known !== null && known.set === state.setId);
    if (before === undefined || before.setId !== state.setId) {
      // Across a set change the last round of the old set is what the new one must fall below.
      const fell = fellBelow(state, before ?? null, known, caller.node, mark);
      seenBy.set(name, { setId: state.setId, bestRound: state.bestRound, confirmed: inKnownSet || fell });
      return inKnownSet || fell;
    }
    if (!before.confirmed && (inKnownSet || state.bestRound < before.bestRound)) before.confirmed = true;
    if (state.bestRound > before.bestRound) before.bestRound = state.bestRound;
    return before.confirmed;
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

/** The set of the highest unit the mark holds: granted there, so it was confirmed, or named by an adoption. */
function highestKnown(mark: Mark | null): { set: bigint; round: bigint } | null {
  const unit = mark?.recent.at(-1)?.unit ?? mark?.floor ?? null;
  return unit === null ? null : { set: unit[0] ?? 0n, round: unit[1] ?? 0n };
}

/** True where the round is below one that this very node was in under an older set: then its voter has restarted. */
function fellBelow(
  state: RoundState,
  before: Seen | null,
  known: { set: bigint; round: bigint } | null,
  node: string,
  mark: Mark | null,
): boolean {
  if (before !== null && before.setId < state.setId) return state.bestRound < before.bestRound;
  if (known === null || known.set >= state.setId) return false;
  const own = mark?.recent.filter((entry) => entry.owner.node === node).at(-1)?.unit ?? null;
  return own !== null && state.bestRound < (own[1] ?? 0n);
}
