import { counted } from '@watchbill/kit';
import type { RolloutGates } from '../../file/network/index.ts';
import type { NodeFacts } from './facts.ts';

export type CheckName = keyof RolloutGates | 'version';

/** `wait`: not known, or not yet. The roll-out continues only after `pass`. */
export interface Finding {
  readonly check: CheckName;
  readonly node: string;
  readonly state: 'pass' | 'fail' | 'wait';
  /** A message; empty if it passes. */
  readonly why: string;
}

type Judged = Pick<Finding, 'state' | 'why'>;

const PASS: Judged = { state: 'pass', why: '' };
const wait = (why: string): Judged => ({ state: 'wait', why });
const fail = (why: string): Judged => ({ state: 'fail', why });

/** The limits for a changed node. */
export interface Measure {
  readonly gates: RolloutGates;
  /** Highest best block of the nodes to compare with; null if none has data, undefined if there are none. */
  readonly bestElsewhere: number | null | undefined;
  /** Key sets that the node held before it was changed; null: not to be looked at. */
  readonly heldBefore: readonly string[] | null;
  /** Whether authorship is looked at: a node that was not changed yet has had no time to show it. */
  readonly sinceChange: boolean;
}

/** Every check for one node. Pure. */
export function checksOf(facts: NodeFacts, measure: Measure): readonly Finding[] {
  const { gates, sinceChange } = measure;
  const ofVersion = sinceChange ? [['version', version(facts)] as const] : [];
  if (isSilent(facts)) {
    const silent = [...ofVersion, ['inSync', wait('it does not answer over RPC')] as const];
    return silent.map(([check, judged]) => ({ check, node: facts.node, ...judged }));
  }
  const found: readonly (readonly [CheckName, Judged])[] = [
    ...ofVersion,
    ['inSync', inSync(facts, measure)],
    ['finalityLag', finalityLag(facts, gates)],
    ['peers', peers(facts, gates)],
    ...(sinceChange ? [['rpcErrors', rpcErrors(facts, gates)] as const] : []),
    ['authorship', authorship(facts, measure)],
  ];
  return found.map(([check, judged]) => ({ check, node: facts.node, ...judged }));
}

/** One message instead of one for each check. */
function isSilent({ best, finalised, peers: has, isSyncing }: NodeFacts): boolean {
  return best === null && finalised === null && has === null && isSyncing === null;
}

function version({ isRight }: NodeFacts): Judged {
  if (isRight === null) return wait('its version is unknown');
  return isRight ? PASS : wait('it does not run the new version yet');
}

function inSync({ isSyncing, best }: NodeFacts, { gates, bestElsewhere }: Measure): Judged {
  if (isSyncing === null || best === null) return wait('it does not report whether it is in sync');
  if (isSyncing) return wait(`it is syncing, at block ${best}`);
  if (bestElsewhere === undefined) return PASS;
  if (bestElsewhere === null) return wait('no other node reports the height of the chain');
  const behind = bestElsewhere - best;
  if (behind <= gates.inSync.mostBlocksBehind) return PASS;
  return fail(`it is ${counted(behind, 'block')} behind the other nodes`);
}

export function finalityLag({ best, finalised }: NodeFacts, gates: RolloutGates): Judged {
  if (best === null || finalised === null) return wait('it does not report its finalised block');
  const lag = best - finalised;
  if (lag <= gates.finalityLag.mostBlocks) return PASS;
  return fail(
    `its best block is ${lag} above the finalised one; at most ${gates.finalityLag.mostBlocks} may be`,
  );
}

function peers({ peers: has }: NodeFacts, gates: RolloutGates): Judged {
  if (has === null) return wait('it does not report its peers');
  return has >= gates.peers.least
    ? PASS
    : fail(`it has ${counted(has, 'peer')}; ${counted(gates.peers.least, 'is', 'are')} needed`);
}

function rpcErrors({ rpcCalls }: NodeFacts, { rpcErrors: gate }: RolloutGates): Judged {
  if (gate === null) return PASS;
  if (rpcCalls === null) return wait('its metrics do not show its RPC errors');
  if (rpcCalls.all < gate.leastCalls) return PASS;
  const percent = (100 * rpcCalls.failed) / rpcCalls.all;
  if (percent <= gate.mostPercent) return PASS;
  return fail(
    `${rpcCalls.failed} of ${counted(rpcCalls.all, 'RPC call')} failed, ${percent.toFixed(1)} %; ${gate.mostPercent} % may`,
  );
}

function authorship({ signer }: NodeFacts, { gates, heldBefore, sinceChange }: Measure): Judged {
  if (signer === null) return PASS;
  // Its earlier keys are unknown, and its signing is not checked.
  if (sinceChange && heldBefore === null && gates.authorship === null) return PASS;
  if (signer.held === null) return wait('it does not report which session keys it has');
  const { held } = signer;
  const lost = (heldBefore ?? []).filter((keys) => !held.includes(keys));
  if (lost.length > 0) return fail(`it no longer holds the session keys ${lost[0]?.slice(0, 18)}…`);
  if (!sinceChange || gates.authorship === null) return PASS;
  if (signer.inSet === null) return wait('it is not known whether it is in the set');
  if (!signer.inSet) return PASS;
  if (signer.signed === null) return wait('it is not known whether it signed');
  if (signer.signed >= gates.authorship.least) return PASS;
  return wait(
    `it is in the set, and ${counted(signer.signed, 'block or vote of it was', 'blocks or votes of it were')} seen since the change`,
  );
}
