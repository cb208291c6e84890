import type { NodeRpc } from '@watchbill/chain';
import { type Clock, messageOf, within } from '@watchbill/kit';
import type { ActionContext, ActionPlugin } from '../../actions/port.ts';
import { sameBytes } from '../../quorum/digest.ts';
import type { AgendaItem } from '../../quorum/group.ts';
import type { QuorumPlan } from '../../quorum/plan-port.ts';
import { NOOP, type QuorumProposal } from '../../quorum/self.ts';
import { decodeValue } from '../../quorum/value.ts';
import type { Note, Validation } from '../../rules.ts';
import type { ProcedurePorts } from '../ports.ts';

/** The parts of the operator's process that the actions of its group need. */
export interface ActionParts {
  readonly plugins: ReadonlyMap<string, ActionPlugin>;
  readonly node: NodeRpc;
  readonly seat: number;
  /** Settings of this operator by action; canonical JSON text. `{}` if there are none. */
  readonly settings: ReadonlyMap<string, string>;
  readonly note: (note: Note) => void;
}

export interface ProcedureParts extends ActionParts {
  /** Whether something runs here for the group's resource. */
  readonly isBusy: () => boolean;
  /** The most time for one draft of an action. */
  readonly draftTimeoutMs: number;
  readonly time: Clock;
}

/** How often a failed draft is tried; after that, no action is due. */
const TRIES = 3;

const NOTHING: QuorumProposal = { action: NOOP, content: new Uint8Array() };
const NO_FACTS = new Uint8Array();

/** Proposals and judgements of the actions on a group's agenda. */
export function quorumProcedure(parts: ProcedureParts): ProcedurePorts<QuorumPlan, QuorumProposal> {
  return {
    generate: (plan, attempt, signal) => generate(parts, plan, attempt, signal),
    validate: (plan, subject, signal) => validate(parts, plan, subject, signal),
  };
}

/**
 * The first action of the checklist that has something to propose. A failed one is reported and does not
 * block the next.
 */
async function generate(
  parts: ProcedureParts,
  plan: QuorumPlan,
  attempt: number,
  signal: AbortSignal,
): Promise<QuorumProposal> {
  // A busy member would refuse any other proposal.
  if (parts.isBusy()) return NOTHING;
  const failures: string[] = [];
  for (const item of plan.checklist) {
    const { action } = item;
    const plugin = parts.plugins.get(action);
    try {
      if (plugin === undefined) throw new Error('this release has no such plug-in');
      const make = (end: AbortSignal) => plugin.draft(contextOf(parts, plan, item, end));
      const draft = await within(action, parts.draftTimeoutMs, signal, make, parts.time);
      if (draft.kind === 'content') return { action, content: draft.content };
      if (draft.isUsual === true) continue;
      parts.note({
        code: 'nothing-to-propose',
        text: `window ${plan.window.index}: ${action}: nothing to propose: ${draft.why}`,
      });
    } catch (error) {
      failures.push(`${action}: ${messageOf(error)}`);
      parts.note({ code: 'draft-failed', text: failures.at(-1) ?? '' });
    }
  }
  // Most failures come from a node that answers again one block later.
  if (failures.length > 0 && attempt < TRIES) throw new Error(failures.join('; '));
  return NOTHING;
}

async function validate(
  parts: ProcedureParts,
  plan: QuorumPlan,
  subject: Uint8Array,
  signal: AbortSignal,
): Promise<Validation> {
  const value = decodeValue(subject);
  if (value === null) throw new Error('the subject is not a value');
  if (value.action === NOOP) return { result: 'valid' };
  const item = plan.checklist.find(({ action }) => action === value.action);
  if (item === undefined) return refused('not-due', `${value.action} is not due in this window`);
  if (value.resource !== plan.group.resource) return refused('other-resource', `it is for ${value.resource}`);
  if (!sameBytes(value.referenceHash, plan.referenceHash))
    return { result: 'unknown', why: 'its reference block differs from the one that this node reads' };
  if (parts.isBusy()) return refused('busy', 'an action of this group still runs here');
  const plugin = parts.plugins.get(value.action);
  if (plugin === undefined) return { result: 'unknown', why: `this release has no plug-in ${value.action}` };
  return plugin.validate(contextOf(parts, plan, item, signal), value);
}

function refused(code: string, detail: string): Validation {
  return { result: 'refused', code, detail, facts: NO_FACTS };
}

/** The inputs of an action. */
export function contextOf(
  { node, seat, settings }: ActionParts,
  plan: QuorumPlan,
  item: AgendaItem,
  signal: AbortSignal,
): ActionContext {
  return { plan, item, seat, node, settings: settings.get(item.action) ?? '{}', signal };
}
