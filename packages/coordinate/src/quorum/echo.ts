import { echoDigest } from './attachments.ts';
import { NO_ATTACHMENT } from './codec.ts';
import { hexOf, sameBytes } from './digest.ts';
import { decodeEcho, type EchoedStatement, encodeEcho, isEchoed } from './echo-codec.ts';
import { attributeConflict, attributeForgottenLock, isAttributed } from './fault-attribution.ts';
import type { Message, Vote } from './messages.ts';
import { placed, withMessage } from './places.ts';
import { isSignedBy } from './proof.ts';
import { statementDigest } from './statement.ts';
import { change, type QuorumTurn, send, signed } from './turn.ts';

/**
 * Passes on, once, the first statement of each other member in each place, without its attachment. Two
 * members that heard different statements then both hold the proof, even if each of them is connected only to
 * the signer. Statements of later ranks wait until this member reaches that rank, so that a flood of them
 * costs the others nothing before.
 */
export function echo(turn: QuorumTurn): void {
  const { self, round, switches } = turn;
  if (!switches.echo || round.abstains !== null) return;
  const fresh = [...round.places.values()]
    .flatMap((bySeat) => [...bySeat.values()])
    .filter(
      (message) =>
        isEchoed(message.statement.kind) &&
        message.header.seat !== self.seat &&
        message.header.rank <= round.rank &&
        !round.echoed.has(placeKey(message)),
    );
  const { bytes, count } = encodeEcho(fresh.map(echoedOf));
  if (count === 0) return;
  const digest = echoDigest(bytes);
  const passedOn = fresh.slice(0, count).map(placeKey);
  const message = signed(turn, 0, { kind: 'echo', digest }, { bytes });
  if (message === null) return;
  change(turn, { echoed: new Set([...turn.round.echoed, ...passedOn]) });
  send(turn, message);
}

/**
 * The most echoes of one member that are checked in a window. An honest member sends at most one per block.
 */
export function echoQuota({ plan: { window } }: QuorumTurn): number {
  return Number(window.activeEnd - window.block) + 1;
}

/** The echo of another member. After one with a bad signature no other echo of that member counts. */
export function takeEcho(turn: QuorumTurn, { header: { seat }, attachment: { bytes } }: Message): void {
  const { evidenceSeen, echoesOf } = turn.round;
  const statements = decodeEcho(bytes);
  const holds = statements?.every((statement) => witness(turn, statement)) ?? false;
  const count = holds ? (echoesOf.get(seat) ?? 0) + 1 : echoQuota(turn);
  change(turn, {
    evidenceSeen: new Set(evidenceSeen).add(hexOf(echoDigest(bytes))),
    echoesOf: new Map(echoesOf).set(seat, count),
  });
  if (!holds) turn.dropped = 'bad-proof';
}

/** Takes the signed statements of other members from the attachment of a valid message. */
export function witnessAttached(turn: QuorumTurn, { header, statement, attachment }: Message): void {
  const { rank } = header;
  const { votes, justification } = attachment;
  const all = (at: number, of: EchoedStatement['statement'], from: readonly Vote[]) => {
    for (const { seat, signature } of from) witness(turn, { rank: at, seat, statement: of, signature });
  };
  if (statement.kind === 'certificate') all(rank, { kind: 'commit', digest: statement.digest }, votes);
  if (statement.kind === 'rank-change' && statement.prepared !== null)
    all(statement.prepared.rank, { kind: 'prepare', digest: statement.prepared.digest }, votes);
  if (statement.kind !== 'propose' || justification === null) return;
  for (const { seat, signature, prepared, heard } of justification.rankChanges) {
    witness(turn, { rank, seat, statement: { kind: 'rank-change', prepared, heard }, signature });
  }
  const highest = Math.max(-1, ...justification.rankChanges.map(({ prepared }) => prepared?.rank ?? -1));
  if (highest >= 0) all(highest, { kind: 'prepare', digest: statement.digest }, justification.prepares);
}

/**
 * Compares a statement that another member passed on with the first one of the same place; two different ones
 * are an equivocation. Returns false if its signature was checked and is not valid.
 */
function witness(turn: QuorumTurn, { rank, seat, statement, signature }: EchoedStatement): boolean {
  const { self, plan, round } = turn;
  if (seat === self.seat || rank >= plan.group.windows.rankCount) return true;
  const known = [round.places, round.witnessed].flatMap(
    (places) => placed(places, statement.kind, rank, seat) ?? [],
  );
  const digest = statementDigest(statement);
  if (known.some((first) => sameBytes(statementDigest(first.statement), digest))) return true;
  if (known.length > 0 && isAttributed(turn, seat, 'equivocation')) return true;
  if (!isSignedBy(plan, rank, statement, { seat, signature }, self.verify)) return false;
  const { version, window } = plan;
  const header = { version: version.version, window: window.index, rank, seat };
  const message = { header, statement, attachment: NO_ATTACHMENT, signature };
  const [first] = known;
  if (first !== undefined) {
    attributeConflict(turn, first, message);
    return true;
  }
  change(turn, { witnessed: withMessage(round.witnessed, message) });
  attributeForgottenLock(turn, message);
  return true;
}

function echoedOf({ header: { rank, seat }, statement, signature }: Message): EchoedStatement {
  return { rank, seat, statement, signature };
}

function placeKey({ header: { rank, seat }, statement: { kind } }: Message): string {
  return `${kind}/${rank}/${seat}`;
}
