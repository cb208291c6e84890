import type { Duty } from '../rule/index.ts';
import { unpadded } from '../service/ledger/lines.ts';
import type { MarkAt } from './epochs.ts';
import type { FindingKind, Findings } from './findings.ts';
import type { Workspace } from './workspace.ts';

/** A row of `grants`: one part as an entry granted it, or as a mark of the store shows it (`store` is 1). */
interface Granted {
  readonly unit: string;
  readonly part: string;
  /** Hex, or empty if the grant bound none. */
  readonly digest: string;
  readonly hash: string;
  readonly store: bigint;
  readonly node: string;
  readonly incarnation: string;
}

/** The grants read so far of the current unit and part. */
interface Seen {
  unit: string | null;
  part: string | null;
  /** The first entry of the part, and whether the store alone shows it. */
  first: Granted | null;
  recorded: boolean;
  /** The node to which signed parts of the unit were granted. */
  owner: Granted | null;
}

/**
 * Judge the grants of one mark: one digest for each part, one owner for each unit, single-use rules of the
 * duty.
 */
function judgeGrants(duty: Duty, mark: string, findings: Findings) {
  const seen: Seen = { unit: null, part: null, first: null, recorded: true, owner: null };
  const report = (kind: FindingKind, text: string, rows: readonly Granted[]) => {
    const [unit, hashes] = [unpadded(rows[0]?.unit ?? '0'), rows.map(({ hash }) => hash)];
    findings.add(kind, text, { mark, unit, hashes });
  };

  function endPart(): void {
    const { first, recorded } = seen;
    if (first === null || recorded) return;
    const text = `the store shows ${first.part} of ${unpadded(first.unit)} as granted, and no export holds the entry`;
    findings.add('store-grant', text, { mark, unit: unpadded(first.unit) });
  }

  function compare(first: Granted, row: Granted): void {
    const what = `${row.part} of ${unpadded(row.unit)}`;
    if (first.digest !== row.digest)
      report('two-digests', `${what} was granted with digest ${name(first)} and with digest ${name(row)}`, [
        first,
        row,
      ]);
    else if (first.store === 1n || row.store === 1n) return;
    else if (row.digest === '' || duty.repeat === 'never')
      report('granted-twice', `${what} may be granted once, and two entries grant it`, [first, row]);
    else if (duty.repeat === 'same-incarnation' && start(first) !== start(row))
      report('granted-twice', `${what} was granted to two starts: ${start(first)} and ${start(row)}`, [
        first,
        row,
      ]);
  }

  return {
    /** In the order of unit and part. */
    take(row: Granted): void {
      if (row.unit !== seen.unit) seen.owner = null;
      if (row.unit !== seen.unit || row.part !== seen.part) {
        endPart();
        Object.assign(seen, { unit: row.unit, part: row.part, first: null, recorded: false });
      }
      if (row.store === 0n) seen.recorded = true;
      // `enter` signs nothing: a node may enter again, and a later term of the watch moves it.
      if (row.part === 'enter') return;
      if (seen.first === null) seen.first = row;
      else compare(seen.first, row);
      if (row.store === 1n) return;
      seen.owner ??= row;
      if (seen.owner.node === row.node) return;
      const nodes = `${seen.owner.node} and to ${row.node}`;
      report('two-owners', `parts of ${unpadded(row.unit)} were granted to ${nodes}`, [seen.owner, row]);
    },
    finish: endPart,
  };
}

function start({ node, incarnation }: Pick<Granted, 'node' | 'incarnation'>): string {
  return `${node} (${incarnation})`;
}

function name({ digest }: Granted): string {
  return digest === '' ? 'none' : `0x${digest}`;
}

const GRANTS = `SELECT unit, part, digest, hash, store, node, incarnation FROM grants
  WHERE mark = ? ORDER BY unit, part, digest, hash`;

/** Check all grants of a mark in the workspace. */
export function checkGrants(
  { sql }: Workspace,
  { id, name: mark }: MarkAt,
  duty: Duty,
  findings: Findings,
): void {
  const check = judgeGrants(duty, mark, findings);
  for (const row of sql(GRANTS).iterate(id)) check.take(row as unknown as Granted);
  check.finish();
}

/**
 * Decisions without an entry that grants this part with this digest; a new one must name the owner as well.
 */
const UNRECORDED = `SELECT d.unit, d.part, d.digest, d.service, d.id FROM decisions AS d WHERE d.mark = ?
  AND NOT EXISTS (SELECT 1 FROM grants AS g WHERE g.mark = d.mark AND g.unit = d.unit AND g.part = d.part
  AND g.digest = d.digest AND g.store = 0
  AND (d.fresh = 0 OR (g.node = d.node AND g.incarnation = d.incarnation)))`;

/**
 * Every grant that a service gave must have an entry.
 *
 * @param isComplete false if entries of the mark are missing: the one in question may be among them
 */
export function checkDecisions(
  workspace: Workspace,
  mark: MarkAt,
  isComplete: boolean,
  findings: Findings,
): void {
  for (const row of workspace.sql(UNRECORDED).iterate(mark.id)) {
    const unit = unpadded(String(row.unit));
    const digest = String(row.digest) === '' ? 'no digest' : `digest 0x${row.digest}`;
    const text = `service ${row.service} granted ${row.part} of ${unit} with ${digest} (decision ${row.id}), and no export holds an entry of it`;
    findings.add(isComplete ? 'grant-without-entry' : 'decision-unproven', text, { mark: mark.name, unit });
  }
}

/** Parts without a digest that several answers granted, or that one repeated. */
const GRANTED_AGAIN = `SELECT unit, part FROM decisions
  WHERE mark = ? AND digest = '' AND part <> 'enter' GROUP BY unit, part HAVING count(*) > 1 OR min(fresh) = 0`;

/** Repeats to another start than that of the entry. */
const REPEATED_TO_OTHERS = `SELECT d.unit, d.part, d.service, d.id, d.node, d.incarnation, g.hash
  FROM decisions AS d CROSS JOIN grants AS g
  ON g.mark = d.mark AND g.unit = d.unit AND g.part = d.part AND g.digest = d.digest AND g.store = 0
  WHERE d.mark = ? AND d.fresh = 0 AND d.part <> 'enter' AND d.digest <> ''
  AND (g.node <> d.node OR g.incarnation <> d.incarnation)`;

/**
 * A part without a digest is granted by one answer; one whose signature is randomised is repeated to its own
 * start alone. Else the signatures would differ, although one entry grants them.
 */
export function checkRepeats({ sql }: Workspace, mark: MarkAt, duty: Duty, findings: Findings): void {
  for (const row of sql(GRANTED_AGAIN).iterate(mark.id)) {
    const unit = unpadded(String(row.unit));
    const text = `${row.part} of ${unit} has no digest, so it may be granted once; services granted it again`;
    findings.add('granted-twice', text, { mark: mark.name, unit });
  }
  if (duty.repeat !== 'same-incarnation') return;
  for (const row of sql(REPEATED_TO_OTHERS).iterate(mark.id)) {
    const unit = unpadded(String(row.unit));
    const to = start({ node: String(row.node), incarnation: String(row.incarnation) });
    const text = `service ${row.service} repeated ${row.part} of ${unit} to ${to} (decision ${row.id}); its entry grants it to another start`;
    findings.add('granted-twice', text, { mark: mark.name, unit, hashes: [String(row.hash)] });
  }
}
