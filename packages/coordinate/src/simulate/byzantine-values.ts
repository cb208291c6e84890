import type { EvidenceKind } from '../quorum/evidence.ts';
import type { Value } from '../quorum/messages.ts';
import type { QuorumPlan } from '../quorum/plan-port.ts';
import { NOOP } from '../quorum/self.ts';
import type { ByzantineSelf } from './byzantine-parts.ts';
import { contentOf } from './content.ts';
import { RARE, TOOL } from './group-setup.ts';
import type { Chance } from './message-pool.ts';

/** The faults that a freely chosen proposal proves by itself, in addition to a wrong leader. */
export function wrongsOf(
  { parts: { plan }, seat, traits: { flaw } }: ByzantineSelf,
  rank: number,
  { forced }: Chance,
  { action }: Value,
): readonly EvidenceKind[] {
  if (forced !== null || action === NOOP) return [];
  if (!isDue(plan, action)) return ['mistake'];
  return plan.leaders[rank] === seat && flaw === 'bad-form' ? ['invalid-content'] : [];
}

function isDue({ checklist }: QuorumPlan, action: string): boolean {
  return action === NOOP || checklist.some((item) => item.action === action);
}

/** The value that the justification forces, or one that fits the traits. */
export function valueFor({ parts, seat, traits }: ByzantineSelf, rank: number, { forced }: Chance): Value {
  if (forced !== null) return forced;
  const { plan, prng } = parts;
  const missing = [TOOL, RARE].find((action) => !isDue(plan, action));
  const action = traits.errs && missing !== undefined ? missing : plan.checklist[0]?.action;
  if (action === undefined) return noopOf(plan);
  const label = `${seat}/${rank}/${prng.between(0, 999)}`;
  return choiceOf(plan, action, contentOf(plan.window.index, label, traits.flaw));
}

/** A value that was proposed before in this window, or a new one. */
export function otherValue({ parts, seat }: ByzantineSelf, rank: number): Value {
  const { plan, pool, prng } = parts;
  const known = pool.values();
  if (known.length > 0 && prng.chance(0.5)) return prng.pick(known);
  const action = plan.checklist[0]?.action;
  if (action === undefined) return noopOf(plan);
  return choiceOf(plan, action, contentOf(plan.window.index, `${seat}/${rank}/other`));
}

export function choiceOf(plan: QuorumPlan, action: string, content: Uint8Array): Value {
  const item = plan.version.agenda.find((each) => each.action === action);
  const { resource } = plan.group;
  const { referenceHash } = plan;
  return { action, resource, validityBlocks: item?.validityBlocks ?? 0n, referenceHash, content };
}

function noopOf(plan: QuorumPlan): Value {
  return choiceOf(plan, NOOP, new Uint8Array());
}
