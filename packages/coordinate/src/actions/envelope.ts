import type { AgendaItem } from '../quorum/group.ts';
import type { Value } from '../quorum/messages.ts';
import type { ActionRefusal } from './refusals.ts';

/** What is wrong with what stands around a content, whatever the action; null where nothing is. */
export function envelopeProblem(item: AgendaItem, value: Value): ActionRefusal | null {
  return value.validityBlocks === item.validityBlocks ? null : 'other-validity';
}
