import type { AgendaItem } from '../quorum/group.ts';
import type { Value } from '../quorum/messages.ts';
import type { ActionRefusal } from './refusals.ts';

/** The problem with the fields around a content, for every action; null if there is none. */
export function envelopeProblem(item: AgendaItem, value: Value): ActionRefusal | null {
  return value.validityBlocks === item.validityBlocks ? null : 'other-validity';
}
