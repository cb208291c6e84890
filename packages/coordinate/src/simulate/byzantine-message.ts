import { encodeMessage, NO_ATTACHMENT } from '../quorum/codec.ts';
import type { EvidenceKind } from '../quorum/evidence.ts';
import type { Attachment, Header, Message, Statement } from '../quorum/messages.ts';
import type { QuorumPlan } from '../quorum/plan-port.ts';
import { domainOf, signStatement } from '../quorum/signing.ts';
import type { GroupSetup } from './group-setup.ts';

/** A message of a Byzantine member, whether it is well formed, and the faults that it proves by itself. */
export interface ByzantineMessage {
  readonly isSound: boolean;
  readonly message: Message;
  readonly payload: Uint8Array;
  readonly misdeeds: readonly EvidenceKind[];
}

/** A statement, signed with the key of any seat, for the window of the plan. */
export function sign(
  { setup, plan }: { readonly setup: GroupSetup; readonly plan: QuorumPlan },
  { seat, rank }: Pick<Header, 'seat' | 'rank'>,
  statement: Statement,
  attached: Partial<Attachment> = {},
  misdeeds: readonly EvidenceKind[] = [],
): ByzantineMessage {
  const key = setup.keys[seat];
  if (key === undefined) throw new RangeError(`there is no seat ${seat}`);
  const header = { version: plan.version.version, window: plan.window.index, rank, seat };
  const domain = domainOf(plan);
  const signature = signStatement(key, domain, header, statement);
  const message = { header, statement, attachment: { ...NO_ATTACHMENT, ...attached }, signature };
  return { isSound: true, message, payload: encodeMessage(domain, message), misdeeds };
}
