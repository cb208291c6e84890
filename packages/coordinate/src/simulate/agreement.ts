import type { Execution } from '../cursor.ts';
import { decodeCertificate } from '../quorum/certificate.ts';
import { hexOf } from '../quorum/digest.ts';
import { quorumOf } from '../quorum/group.ts';
import type { Message, Value } from '../quorum/messages.ts';
import { NOOP } from '../quorum/self.ts';
import { statementDigest } from '../quorum/signing.ts';
import { hasOnePlace } from '../quorum/statement.ts';
import { valueDigest } from '../quorum/value.ts';
import { type GroupSetup, WINDOWS } from './group-setup.ts';
import type { Tally } from './tally.ts';

/** Watches what honest members sign and run, window by window. */
export interface Agreement {
  /** An honest member sent this. */
  spoke(message: Message): void;
  /** A member sent this: the value of a digest. */
  named(value: Value): void;
  executed(seat: number, execution: Execution): void;
  /** No further message of this window can arrive. */
  forget(window: bigint): void;
}

/** The known values and votes of a window. */
interface Sheet {
  readonly signed: Map<string, string>;
  /** Honest seats that committed, by rank and digest. */
  readonly commits: Map<string, Set<number>>;
  /** Digests with a certificate, or for which a member could make one. */
  readonly agreed: Set<string>;
  readonly leases: Map<string, { readonly from: bigint; readonly until: bigint }>;
}

/** Windows in which a lease may still run. */
const REMEMBERED = 4n;

export function agreementOf(setup: GroupSetup, tally: Tally): Agreement {
  const sheets = new Map<bigint, Sheet>();
  const values = new Map<string, Value>();
  const quorum = quorumOf(setup.group.members.length);
  const sheetOf = (window: bigint) => {
    const sheet = sheets.get(window) ?? newSheet();
    sheets.set(window, sheet);
    return sheet;
  };
  const agreed = (window: bigint, digest: string, how: string) => {
    const sheet = sheetOf(window);
    if (sheet.agreed.has(digest)) return;
    sheet.agreed.add(digest);
    const problem = `${how} for ${digest.slice(0, 16)}, and there is one for another digest`;
    tally.look('agreement', window, sheet.agreed.size > 1 ? problem : null);
    const value = values.get(digest);
    if (value !== undefined && value.action !== NOOP) lease(window, digest, value.validityBlocks);
  };
  const lease = (window: bigint, digest: string, validityBlocks: bigint) => {
    const from = window * WINDOWS.frequencyBlocks + activeBlocks();
    const until = from + validityBlocks;
    tally.look('one-lease', window, overlapOf(sheets, window, { digest, from, until }));
    sheetOf(window).leases.set(digest, { from, until });
  };
  return {
    named: (value) => values.set(hexOf(valueDigest(value)), value),
    spoke: (message) => {
      const { header, statement, attachment } = message;
      const { window, rank, seat } = header;
      if (!hasOnePlace(statement.kind)) return;
      if (attachment.value !== null) values.set(hexOf(valueDigest(attachment.value)), attachment.value);
      const sheet = sheetOf(window);
      const place = `${seat}/${statement.kind}/${rank}`;
      const digest = hexOf(statementDigest(statement));
      const before = sheet.signed.get(place);
      const problem = `member-${seat} signed two statements of the kind ${statement.kind} in rank ${rank}`;
      if (before !== digest) tally.look('one-statement', window, before === undefined ? null : problem);
      sheet.signed.set(place, digest);
      if (statement.kind === 'certificate')
        agreed(window, hexOf(statement.digest), `member-${seat} has a certificate`);
      if (statement.kind !== 'commit') return;
      const key = `${rank}/${hexOf(statement.digest)}`;
      const seats = (sheet.commits.get(key) ?? new Set()).add(seat);
      sheet.commits.set(key, seats);
      if (seats.size >= quorum - setup.byzantine.length) {
        agreed(window, hexOf(statement.digest), `Byzantine members can certify rank ${rank}`);
      }
    },
    executed: (seat, { window, payload }) => {
      const certificate = decodeCertificate(payload);
      if (certificate === null) throw new Error(`member-${seat} runs bytes that are not a certificate`);
      values.set(hexOf(valueDigest(certificate.value)), certificate.value);
      agreed(window, hexOf(valueDigest(certificate.value)), `member-${seat} runs a certificate`);
    },
    forget: (window) => {
      sheets.delete(window - REMEMBERED);
      if (values.size > 1_000) values.clear();
    },
  };
}

function activeBlocks(): bigint {
  return BigInt(WINDOWS.rankCount) * WINDOWS.rankBlocks + WINDOWS.certificateBlocks;
}

function newSheet(): Sheet {
  return { signed: new Map(), commits: new Map(), agreed: new Set(), leases: new Map() };
}

/** The problem of a lease that overlaps another one; null if none does. */
function overlapOf(
  sheets: ReadonlyMap<bigint, Sheet>,
  window: bigint,
  lease: { readonly digest: string; readonly from: bigint; readonly until: bigint },
): string | null {
  let problem: string | null = null;
  for (const [other, { leases }] of sheets)
    for (const [digest, held] of leases) {
      if (digest === lease.digest && other === window) continue;
      if (lease.from < held.until && held.from < lease.until)
        problem = `it overlaps the one of window ${other}`;
    }
  return problem;
}
