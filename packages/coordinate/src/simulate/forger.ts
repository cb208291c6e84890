import { evidenceDigest } from '../quorum/attachments.ts';
import { encodeMessage } from '../quorum/codec.ts';
import { encodeEvidence } from '../quorum/evidence.ts';
import { MAX_MESSAGE_BYTES } from '../quorum/limits.ts';
import type { Message } from '../quorum/messages.ts';
import { domainOf } from '../quorum/signing.ts';
import { sign } from './byzantine-message.ts';
import type { ByzantineParts } from './byzantine-parts.ts';
import type { Prng } from './prng.ts';

/** The newest messages on the wire, of any window. */
export interface Heap {
  note(payload: Uint8Array): void;
  pick(prng: Prng): Uint8Array | null;
}

const KEPT_PAYLOADS = 300;

export function heapOf(): Heap {
  const kept: Uint8Array[] = [];
  let at = 0;
  return {
    note: (payload) => {
      kept[at % KEPT_PAYLOADS] = payload;
      at += 1;
    },
    pick: (prng) => (kept.length === 0 ? null : prng.pick(kept)),
  };
}

/** Bytes that a sender without a key can send: old messages, altered messages, and random bytes. */
export function forgery(heap: Heap, prng: Prng): { readonly kind: string; readonly payload: Uint8Array } {
  const old = heap.pick(prng);
  const kind = prng.fraction();
  if (old === null || kind < 0.1) return { kind: 'rubbish', payload: prng.bytes(prng.between(0, 300)) };
  if (kind < 0.15) return { kind: 'oversized', payload: new Uint8Array(MAX_MESSAGE_BYTES + 1) };
  if (kind < 0.55) return { kind: 'replayed', payload: old };
  if (kind < 0.65) return { kind: 'cut short', payload: old.subarray(0, prng.between(0, old.length)) };
  const altered = Uint8Array.from(old);
  const where = prng.between(0, altered.length - 1);
  altered[where] = (altered[where] ?? 0) ^ (1 << prng.between(0, 7));
  return { kind: 'altered', payload: altered };
}

/** The message of one member under the name of another. */
export function underOtherName(
  { plan }: Pick<ByzantineParts, 'plan'>,
  message: Message,
  seat: number,
): Uint8Array {
  return encodeMessage(domainOf(plan), { ...message, header: { ...message.header, seat } });
}

/**
 * False evidence against an honest member: two statements of different places, combined as if they were of
 * one. The Byzantine member signs the message that carries it, which any member may do.
 */
export function falseEvidence(parts: ByzantineParts, culprit: number, first: Message, second: Message) {
  const { plan } = parts;
  const bytes = encodeEvidence({
    groupId: plan.groupId,
    version: plan.version.version,
    scheduleDigest: plan.scheduleDigest,
    window: plan.window.index,
    seat: first.header.seat,
    kind: 'equivocation',
    rank: first.header.rank,
    first: { statement: first.statement, signature: first.signature },
    second: { statement: second.statement, signature: second.signature },
  });
  const statement = { kind: 'evidence', digest: evidenceDigest(bytes) } as const;
  return sign(parts, { seat: culprit, rank: 0 }, statement, { bytes });
}
