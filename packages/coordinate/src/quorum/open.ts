import type { VerifySignature } from '../keys/port.ts';
import { echoDigest, evidenceDigest, factsDigest } from './attachments.ts';
import { decodeMessage, type WireDomain } from './codec.ts';
import { sameBytes } from './digest.ts';
import type { Message, MessageRefusal } from './messages.ts';
import { checkJustification, checkVotes } from './proof.ts';
import { justificationDigest } from './proof-codec.ts';
import { domainOf, verifyStatement, type WindowPlace } from './signing.ts';
import { valueDigest } from './value.ts';

/**
 * A message with a valid signature and valid proofs, or the refusal. A refused message is included if its
 * signature is valid.
 */
export type OpenedMessage =
  | { readonly ok: true; readonly message: Message }
  | { readonly ok: false; readonly refusal: MessageRefusal; readonly message?: Message };

/**
 * Opens a message of a window. Pure, with the same result for all members: it checks no fact that depends on
 * earlier messages or on a node's chain. A `hello` may be of another version, which is how versions are
 * compared.
 */
export function openMessage(
  place: WindowPlace,
  self: number,
  verify: VerifySignature,
  bytes: Uint8Array,
): OpenedMessage {
  const decoded = decodeMessage(bytes);
  return decoded.ok ? openDecoded(place, self, verify, decoded.domain, decoded.message) : decoded;
}

/** The same for a decoded message. */
export function openDecoded(
  place: WindowPlace,
  self: number,
  verify: VerifySignature,
  domain: WireDomain,
  message: Message,
): OpenedMessage {
  const refusal = originProblem(place, self, verify, domain, message);
  if (refusal !== null) return { ok: false, refusal };
  const problem = versionProblem(place, domain, message) ?? contentProblem(place, verify, message);
  return problem === null ? { ok: true, message } : { ok: false, refusal: problem, message };
}

/** Whether the message comes from another member and was meant for this window. */
function originProblem(
  place: WindowPlace,
  self: number,
  verify: VerifySignature,
  domain: WireDomain,
  message: Message,
): MessageRefusal | null {
  const { header } = message;
  const { group, groupId, window } = place;
  if (!sameBytes(domain.genesis, group.genesis) || !sameBytes(domain.groupId, groupId)) return 'wrong-domain';
  if (header.window !== window.index) return 'wrong-window';
  if (header.rank >= group.windows.rankCount) return 'no-such-rank';
  const member = group.members[header.seat];
  if (member === undefined) return 'not-a-member';
  if (header.seat === self) return 'own-seat';
  const signed = { ...domainOf(place), scheduleDigest: domain.scheduleDigest };
  return verifyStatement(verify, member, signed, message) ? null : 'bad-signature';
}

function versionProblem(
  { version, scheduleDigest }: WindowPlace,
  domain: WireDomain,
  { header, statement }: Message,
): MessageRefusal | null {
  const isSame = header.version === version.version && sameBytes(domain.scheduleDigest, scheduleDigest);
  return isSame || statement.kind === 'hello' ? null : 'version-differs';
}

function contentProblem(
  place: WindowPlace,
  verify: VerifySignature,
  message: Message,
): MessageRefusal | null {
  if (!isAttached(message)) return 'bad-attachment';
  const { header, statement, attachment } = message;
  const { rank } = header;
  switch (statement.kind) {
    case 'propose': {
      const { justification } = attachment;
      if (justification === null) return null;
      const problem = checkJustification(place, rank, justification, statement.digest, verify);
      return problem === null ? null : 'unjustified';
    }
    case 'rank-change': {
      const { prepared } = statement;
      if (prepared === null) return null;
      const prepare = { kind: 'prepare', digest: prepared.digest } as const;
      return checkVotes(place, prepared.rank, prepare, attachment.votes, verify) === null
        ? null
        : 'bad-proof';
    }
    case 'certificate': {
      const commit = { kind: 'commit', digest: statement.digest } as const;
      return checkVotes(place, rank, commit, attachment.votes, verify) === null ? null : 'bad-proof';
    }
    default:
      return null;
  }
}

/** Whether the attachment is the signed content. */
function isAttached({ statement, attachment }: Message): boolean {
  const { value, justification, bytes } = attachment;
  const isValue = (digest: Uint8Array) => value !== null && sameBytes(valueDigest(value), digest);
  switch (statement.kind) {
    case 'propose':
      return (
        isValue(statement.digest) &&
        value?.action === statement.action &&
        sameBytes(value.referenceHash, statement.referenceHash) &&
        (statement.justification === null ||
          (justification !== null && sameBytes(justificationDigest(justification), statement.justification)))
      );
    case 'rank-change':
      return statement.prepared === null || isValue(statement.prepared.digest);
    case 'certificate':
      return isValue(statement.digest);
    case 'refusal':
      return sameBytes(factsDigest(bytes), statement.facts);
    case 'evidence':
      return sameBytes(evidenceDigest(bytes), statement.digest);
    case 'echo':
      return sameBytes(echoDigest(bytes), statement.digest);
    default:
      return true;
  }
}
