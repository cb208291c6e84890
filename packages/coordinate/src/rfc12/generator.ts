import { messageOf } from '@watchbill/kit';
import type { ActionName } from './actions.ts';
import type { Proposal } from './proposal.ts';

/** The question to a leader's generator. */
export interface ProposalRequest {
  /** 20 bytes. */
  readonly keyHash: Uint8Array;
  /** By seat. */
  readonly operators: readonly string[];
  /** The operator that asks. */
  readonly operator: string;
  readonly checklist: readonly ActionName[];
}

/** Looks for work of one kind. Resolves to null if there is none; throws if that is unknown. */
export type ProposalTask = (request: ProposalRequest) => Promise<Proposal | null>;

/**
 * The effect of a task that throws. `stop`: the walk ends, as in keep-core's releases until 2025. `go-on`:
 * the next task is asked, as in its later ones; if all of them throw there is no proposal. So one broken
 * source does not block the others.
 */
export type TaskFailure = 'stop' | 'go-on';

/**
 * Walk the checklist and propose the first work that is found, or a noop. Actions without a task are left
 * out.
 */
export async function generateProposal(
  tasks: ReadonlyMap<ActionName, ProposalTask>,
  request: ProposalRequest,
  failure: TaskFailure = 'stop',
): Promise<Proposal> {
  const errors: string[] = [];
  let hasAnswer = false;
  for (const action of request.checklist) {
    const task = tasks.get(action);
    if (task === undefined) continue;
    try {
      const found = await task(request);
      if (found !== null) return found;
      hasAnswer = true;
    } catch (error) {
      const why = `${action}: ${messageOf(error)}`;
      if (failure === 'stop') throw new Error(why, { cause: error });
      errors.push(why);
    }
  }
  if (errors.length > 0 && !hasAnswer) throw new Error(`all tasks failed: ${errors.join('; ')}`);
  return { action: 'noop' };
}
