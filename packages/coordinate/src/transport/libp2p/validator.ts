import { type Message, TopicValidatorResult } from '@libp2p/gossipsub';
import type { PeerId } from '@libp2p/interface';
import { othersOf } from '../group.ts';
import type { TransportGroup, TransportRefusal } from '../port.ts';
import type { Reception } from '../reception.ts';
import { type Quota, tokenBucket } from '../token-bucket.ts';
import type { Authors } from './authors.ts';
import { decodeSignedFrame } from './signed-frame.ts';

/**
 * The most new statements of a member that are verified. They change only when a member restarts, so few are
 * enough.
 */
const NEW_STATEMENTS: Quota = { perSecond: 2, burst: 100 };

/**
 * A member may send this many bursts of refused messages; then its connection is closed. Gossip remembers
 * each message for minutes, also a refused one, so a member that never stops would fill the memory.
 */
const REFUSED_BURSTS = 20;

/** The verdict on a message. `culprit` is the peer that is responsible for it, if any. */
interface Judgement {
  readonly reason: TransportRefusal | null;
  readonly culprit: number | null;
}

/**
 * Judges each message of the topic once, before it is delivered and passed on. Rejects a message that every
 * honest member refuses, which counts against the peer that passed it on. If the verdict depends on clocks,
 * quotas or queues, it only ignores the message.
 */
export function validatorOf(options: {
  readonly group: TransportGroup;
  readonly authors: Authors;
  readonly reception: Reception;
  readonly quota: Quota;
  readonly nowMs: () => number;
  /** The member at the other end of a connection. */
  readonly seatOfPeer: (peer: PeerId) => number | null;
  /** End the connections of a peer. */
  readonly hangUp: (peer: PeerId) => void;
}): (propagator: PeerId, message: Message) => Promise<TopicValidatorResult> {
  const { authors, quota, reception } = options;
  const bucketsOf = (share: Quota) =>
    new Map(othersOf(options.group).map(({ seat }) => [seat, tokenBucket(share, options.nowMs)]));
  const newStatements = bucketsOf(NEW_STATEMENTS);
  const patience = bucketsOf({ ...quota, burst: REFUSED_BURSTS * quota.burst });

  const refused = (reason: TransportRefusal, via: number | null): Judgement => {
    reception.refuse(reason, via);
    return { reason, culprit: via };
  };
  const judged = async (via: number | null, message: Message): Promise<Judgement> => {
    if (via === null) return refused('not-a-member', null);
    const signedFrame = message.type === 'signed' ? decodeSignedFrame(message.data) : null;
    if (message.type !== 'signed' || signedFrame === null) return refused('malformed', via);
    const { frame, statementBytes } = signedFrame;
    const mayVerify = authors.isKnown(statementBytes) || newStatements.get(via)?.take() === true;
    if (!mayVerify) return refused('over-quota', via);
    const author = await authors.seatOf(message.from.toMultihash().bytes, statementBytes);
    // Every other member takes it for a frame of this one, so the peer that passed it on is not to blame.
    if (author === 'own-key-elsewhere' || author === 'own-past') return refused(author, null);
    if (typeof author === 'string') return refused(author, via);
    const reason = reception.take(author, frame, via);
    // A peer that passes on too much for this member may itself have had room for it. But it need not pass on
    // expired frames.
    return { reason, culprit: author === via || reason === 'expired' ? via : null };
  };

  return async (propagator, message) => {
    const { culprit, reason } = await judged(options.seatOfPeer(propagator), message);
    if (reason === null) return TopicValidatorResult.Accept;
    if (culprit !== null && patience.get(culprit)?.take() === false) options.hangUp(propagator);
    return isForAll(reason) ? TopicValidatorResult.Reject : TopicValidatorResult.Ignore;
  };
}

function isForAll(reason: TransportRefusal): boolean {
  return reason === 'malformed' || reason === 'too-large';
}
