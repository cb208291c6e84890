import type { VerifySignature } from '../keys/port.ts';
import { checkCertificate } from './certificate.ts';
import { NO_ATTACHMENT } from './codec.ts';
import { type Evidence, equivocationOf } from './evidence.ts';
import type { QuorumGroup, QuorumSchedule } from './group.ts';
import { reachableWindow } from './identity.ts';
import type { Certificate, Message } from './messages.ts';
import { placeOf } from './plan.ts';
import { valueDigest } from './value.ts';

/**
 * Evidence against every member that signed both of two certificates of one rank, at least f + 1 members;
 * empty if the certificates agree or one of them is not valid. Two of different ranks prove no equivocation:
 * a member may commit again in a later rank. Needs no chain. Never throws.
 */
export function contradictionsOf(
  group: QuorumGroup,
  schedule: QuorumSchedule,
  one: Certificate,
  other: Certificate,
  verify: VerifySignature,
): readonly Evidence[] {
  if (one.window !== other.window || one.rank !== other.rank) return [];
  const window = reachableWindow(group, one.window);
  if (window === null) return [];
  if ([one, other].some((each) => checkCertificate(group, schedule, each, verify) !== null)) return [];
  const place = placeOf(group, schedule, window);
  const commitsOf = ({ version, rank, value, commits }: Certificate): readonly Message[] => {
    const statement = { kind: 'commit', digest: valueDigest(value) } as const;
    return commits.map(({ seat, signature }) => ({
      header: { version, window: window.index, rank, seat },
      statement,
      attachment: NO_ATTACHMENT,
      signature,
    }));
  };
  const others = new Map(commitsOf(other).map((message) => [message.header.seat, message]));
  return commitsOf(one).flatMap((message) => {
    const second = others.get(message.header.seat);
    const evidence = second === undefined ? null : equivocationOf(place, verify, message, second);
    return evidence === null ? [] : [evidence];
  });
}
