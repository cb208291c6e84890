import { hexOf } from '../quorum/digest.ts';
import { isEchoed } from '../quorum/echo-codec.ts';
import type { EvidenceKind } from '../quorum/evidence.ts';
import type { Message } from '../quorum/messages.ts';
import { statementDigest } from '../quorum/signing.ts';
import type { ByzantineMessage } from './byzantine-message.ts';
import type { Tally } from './tally.ts';

/** Checks that honest members prove every visible fault that a Byzantine member signed. */
export interface EvidenceChecker {
  /**
   * A listening member with the common plan received this message; `life` counts its starts. `echoedFrom` is
   * the height at which it passes the statement on, or null if it does not have to.
   */
  heard(seat: number, life: number, sent: ByzantineMessage, echoedFrom?: bigint | null): void;
  /** These members together could have refused this content. */
  refusable(witnesses: readonly { readonly seat: number; readonly life: number }[], culprit: number): void;
  /** An honest member recorded this. */
  proven(culprit: number, kind: EvidenceKind): void;
  /**
   * The window is over. `lifeOf` shows which members restarted and may have forgotten a message. From
   * `quietFrom` to the end of the window, the network was quiet; null if it was not.
   */
  close(window: bigint, lifeOf: (seat: number) => number, quietFrom?: bigint | null): void;
}

/** A member's memory of a Byzantine member, until the next restart. */
type Seen = Map<string, Message>;

/** The first statement of a place that a member heard. */
interface First {
  readonly seat: number;
  readonly life: number;
  readonly digest: string;
  readonly echoedFrom: bigint | null;
}

export function evidenceCheckerOf(tally: Tally): EvidenceChecker {
  const seen = new Map<string, Seen>();
  const expected = new Map<
    string,
    { readonly witnesses: { readonly seat: number; readonly life: number }[] }
  >();
  const proven = new Set<string>();
  /** By `culprit/kind/rank`. */
  const firsts = new Map<string, First[]>();
  const expect = (culprit: number, kind: EvidenceKind, seat: number, life: number) => {
    const key = `${culprit}/${kind}`;
    const known = expected.get(key) ?? { witnesses: [] };
    known.witnesses.push({ seat, life });
    expected.set(key, known);
  };
  return {
    heard: (seat, life, { message, misdeeds }, echoedFrom = null) => {
      const { header } = message;
      const memory = seen.get(`${seat}/${life}`) ?? new Map<string, Message>();
      seen.set(`${seat}/${life}`, memory);
      const place = placeOf(message, header.rank);
      const first = memory.get(place);
      if (first !== undefined) {
        if (!isSame(first, message)) expect(header.seat, 'equivocation', seat, life);
        return;
      }
      memory.set(place, message);
      const digest = hexOf(statementDigest(message.statement));
      if (isEchoed(message.statement.kind))
        firsts.set(place, [...(firsts.get(place) ?? []), { seat, life, digest, echoedFrom }]);
      for (const kind of misdeeds) expect(header.seat, kind, seat, life);
      if (forgotLock(memory, message)) expect(header.seat, 'forgotten-lock', seat, life);
    },
    refusable: (witnesses, culprit) => {
      for (const { seat, life } of witnesses) expect(culprit, 'invalid-content', seat, life);
    },
    proven: (culprit, kind) => proven.add(`${culprit}/${kind}`),
    close: (window, lifeOf, quietFrom = null) => {
      for (const culprit of splitBy(firsts, lifeOf, quietFrom)) {
        const isProven = proven.has(`${culprit}/equivocation`);
        const text = `member-${culprit} signed different statements for different members, and no member proved it`;
        tally.look('split-proven', window, isProven ? null : text);
      }
      for (const [key, { witnesses }] of expected) {
        const isProven = proven.has(key);
        const witness = witnesses.find(({ seat, life }) => lifeOf(seat) === life);
        if (!isProven && witness === undefined) {
          tally.count('misdeeds', `${kindOf(key)}, forgotten in a crash`);
          continue;
        }
        tally.count('misdeeds', `${kindOf(key)}, ${isProven ? 'proven' : 'missed'}`);
        const text = `member-${witness?.seat} saw ${kindOf(key)} of member-${key.split('/')[0]}, and no member proved it`;
        tally.look('misdeed-caught', window, isProven ? null : text);
      }
      for (const each of [seen, expected, proven, firsts]) each.clear();
    },
  };
}

/**
 * The culprits that signed different statements for two members, if the later of both members passed its
 * statement on over a quiet network, and neither has restarted since.
 */
function splitBy(
  firsts: ReadonlyMap<string, readonly First[]>,
  lifeOf: (seat: number) => number,
  quietFrom: bigint | null,
): ReadonlySet<string> {
  const culprits = new Set<string>();
  if (quietFrom === null) return culprits;
  for (const [place, heard] of firsts) {
    const awake = heard.filter(({ seat, life }) => lifeOf(seat) === life);
    const isSplit = awake.some(
      ({ seat, digest, echoedFrom }) =>
        echoedFrom !== null &&
        echoedFrom >= quietFrom &&
        awake.some((other) => other.seat !== seat && other.digest !== digest),
    );
    if (isSplit) culprits.add(place.split('/')[0] ?? '');
  }
  return culprits;
}

function kindOf(key: string): string {
  return key.slice(key.indexOf('/') + 1);
}

function placeOf({ header, statement }: Message, rank: number): string {
  return `${header.seat}/${statement.kind}/${rank}`;
}

function isSame(left: Message, right: Message): boolean {
  return hexOf(statementDigest(left.statement)) === hexOf(statementDigest(right.statement));
}

/**
 * Whether the messages that a member has of a Byzantine one hold a commit, and a later rank-change that
 * denies it.
 */
function forgotLock(memory: Seen, { header: { seat } }: Message): boolean {
  const own = [...memory.values()].filter(({ header }) => header.seat === seat);
  return own.some(
    ({ header: { rank: committed }, statement: { kind } }) =>
      kind === 'commit' &&
      own.some(
        ({ header: { rank }, statement }) =>
          statement.kind === 'rank-change' &&
          rank > committed &&
          (statement.prepared?.rank ?? -1) < committed,
      ),
  );
}
