import { causeText, OVER } from '@watchbill/kit';
import { type Duty, dutyNamed, type Part, type Policy, parseUnit, type Unit } from '../../rule/index.ts';
import { createSetRecords } from '../admin/sets.ts';
import type { OriginalCaller, OriginalRequest } from '../contract.ts';
import type { CoreContext } from '../ground/context.ts';
import { markName } from '../ground/keys.ts';
import { createNamedMutex, type NamedMutex } from '../ground/mutex.ts';
import { denied, unknown, type Verdict } from '../ground/verdict.ts';
import type { CoreModules } from '../modules.ts';
import type { RoundState } from '../ports.ts';
import { confirmation, isNear, type Seen } from './confirm.ts';

/** The claim behind a question of the original wire protocol, or the verdict that ends it. */
export type OriginalTarget =
  | { readonly ok: true; readonly duty: Duty; readonly unit: Unit; readonly parts: readonly Part[] }
  | { readonly ok: false; readonly verdict: Verdict };

export type FindTarget = ReturnType<typeof createFindTarget>;

const ROUND_STATE_TIMEOUT_MS = 1_000;
/** A question waits this long for the ones before it. */
const MAX_WAIT_MS = 2_000;

interface Shell {
  readonly context: CoreContext;
  readonly records: ReturnType<typeof createSetRecords>;
  readonly mutex: NamedMutex;
  /** The last reading of each node, by key and node. */
  readonly seen: Map<string, Seen>;
}

/**
 * The original protocol's round lacks the set id. It is taken from the claimant's own node, and a new set
 * counts only after that node's round was seen to restart (protocol section 3).
 */
export function createFindTarget({ context }: CoreModules) {
  const records = createSetRecords(context);
  const shell: Shell = { context, records, mutex: createNamedMutex(), seen: new Map() };
  /** Finds the claim behind a question. */
  return async (
    policy: Policy,
    request: OriginalRequest,
    number: bigint,
    caller: OriginalCaller,
  ): Promise<OriginalTarget> => {
    if (request.kind === 'slot') return single(mustBeDuty(policy.originalWire.slotDuty), number);
    if (request.kind === 'session') return single(mustBeDuty('im-online'), number);
    return round(shell, policy, number, caller);
  };
}

function mustBeDuty(name: string): Duty {
  const duty = dutyNamed(name);
  if (duty === null) throw new Error(`the duty table has no ${name}`);
  return duty;
}

function single(duty: Duty, number: bigint): OriginalTarget {
  const parsed = parseUnit(duty.fields, number.toString());
  if (!parsed.ok) return end(denied('unit-ahead', parsed.why));
  return { ok: true, duty, unit: parsed.unit, parts: duty.parts };
}

function end(verdict: Verdict): OriginalTarget {
  return { ok: false, verdict };
}

async function round(
  shell: Shell,
  policy: Policy,
  number: bigint,
  caller: OriginalCaller,
): Promise<OriginalTarget> {
  const duty = mustBeDuty('grandpa');
  if (policy.originalWire.roundScope === 'unscoped')
    return { ok: true, duty, unit: [0n, number], parts: duty.parts };
  const rpcUrl = policy.roster.find((node) => node.name === caller.node)?.rpcUrl;
  if (rpcUrl === undefined)
    return end(unknown('round-state-unknown', `${caller.node} has no rpcUrl in the policy`));
  const name = `${markName(caller.chain, caller.key, 'grandpa')}/${caller.node}`;
  // One reading after another: a value from before a restart must not be judged after the restart.
  const ending = new AbortController();
  const timer = new AbortController();
  void shell.context.parts.clock.sleep(MAX_WAIT_MS, timer.signal).then(() => ending.abort(OVER));
  const work = () => look(shell, { name, rpcUrl, number, caller, duty });
  const target = await shell.mutex.run(name, work, ending.signal);
  timer.abort(OVER);
  const late = 'earlier questions of this node still wait for its round state';
  return target ?? end(unknown('round-state-unknown', late));
}

interface RoundQuestion {
  /** Of key and node. */
  readonly name: string;
  readonly rpcUrl: string;
  readonly number: bigint;
  readonly caller: OriginalCaller;
  readonly duty: Duty;
}

async function look(shell: Shell, question: RoundQuestion): Promise<OriginalTarget> {
  const { name, rpcUrl, number, caller, duty } = question;
  let state: RoundState;
  try {
    state = await shell.context.parts.nodeRpc.roundState(rpcUrl, ROUND_STATE_TIMEOUT_MS);
  } catch (error) {
    return end(unknown('round-state-unknown', causeText(error)));
  }
  const { setId, bestRound } = state;
  const confirmed = await confirm(shell, name, caller, state);
  shell.seen.set(name, { setId, round: bestRound, confirmed });
  if (!confirmed) {
    const detail = `set ${setId} is new and its round (${bestRound}) was not yet seen to restart`;
    return end(denied('set-unconfirmed', detail));
  }
  if (isNear(bestRound, number)) return { ok: true, duty, unit: [setId, number], parts: duty.parts };
  // A question of the old voter that arrives after the restart names a round that its node is not in.
  const detail = `the node is in round ${bestRound} of set ${setId}, not in round ${number}`;
  return end(denied('set-unconfirmed', detail));
}

/** Performs what the confirmation asks of the records of sets; true if the set counts. */
async function confirm(
  { records, seen }: Shell,
  name: string,
  caller: OriginalCaller,
  state: RoundState,
): Promise<boolean> {
  const { setId } = state;
  const found = confirmation(seen.get(name), state);
  if (found === 'ask-records') return records.knows(caller, setId);
  if (found === 'first-set') await records.knows(caller, setId);
  if (found === 'restarted') await records.restarted(caller, setId);
  return true;
}
