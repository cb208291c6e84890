import { type Message, TopicValidatorResult } from '@libp2p/gossipsub';
import type { PeerId } from '@libp2p/interface';
import type { TransportRefusal } from '../port.ts';
import type { Reception } from '../reception.ts';
import { decodeEnvelope } from './envelope.ts';
import type { SeatOfPeer } from './operators.ts';
import type { HeardNumbers } from './sequence.ts';

/**
 * Judges each message of the channel once, before it is delivered and passed on. Checks in this order that
 * the connection belongs to a member, the author is an operator of the group, the envelope names that author,
 * its number is new in this window, and the author's quota is not used up. The signature was verified before.
 */
export function channelValidator(options: {
  readonly seatOf: SeatOfPeer;
  readonly reception: Reception;
  readonly heard: HeardNumbers;
  /** The seat of an admitted peer. */
  readonly seatOfPeer: (peer: PeerId) => number | null;
}): (propagator: PeerId, message: Message) => TopicValidatorResult {
  const { heard, reception, seatOf } = options;
  const { Accept, Ignore, Reject } = TopicValidatorResult;

  /** Every honest member rejects the same messages, so a rejected one is not passed on. */
  const refused = (reason: TransportRefusal, seat: number | null, verdict = Reject): TopicValidatorResult => {
    reception.refuse(reason, seat);
    return verdict;
  };
  const judged = (via: number | null, message: Message): TopicValidatorResult => {
    if (via === null) return refused('not-a-member', null, Ignore);
    if (message.type !== 'signed') return refused('malformed', via);
    const author = seatOf(message.from);
    if (typeof author === 'string') return refused(author, via);
    const envelope = decodeEnvelope(message.data);
    if (typeof envelope === 'string') return refused(envelope, author);
    if (Buffer.compare(envelope.publicKey, message.from.publicKey?.raw ?? new Uint8Array(0)) !== 0)
      return refused('bad-signature', author);
    // A repeat is passed on: another member may have missed the message before.
    if (!heard.isNew(author, envelope.sequence)) return refused('duplicate', author, Accept);
    return reception.take(author, message.data, via) === null ? Accept : Ignore;
  };

  return (propagator, message) => judged(options.seatOfPeer(propagator), message);
}
