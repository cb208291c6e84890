/**
 * Kinds of findings. `violation`: a rule of the claim protocol was broken, or the records contradict each
 * other. `unproven`: records are missing, so the rule can be neither shown nor refuted there. `note`:
 * settled, for the record.
 */
export const FINDINGS = {
  'entry-altered': 'violation',
  'entry-foreign': 'violation',
  'chain-broken': 'violation',
  fork: 'violation',
  'fork-closed': 'note',
  'two-digests': 'violation',
  'granted-twice': 'violation',
  'two-owners': 'violation',
  'below-floor': 'violation',
  'floor-lowered': 'violation',
  'epoch-not-adopted': 'violation',
  'epoch-overlap': 'violation',
  'store-behind': 'violation',
  'store-floor': 'violation',
  'grant-without-entry': 'violation',
  gap: 'unproven',
  'epoch-start': 'unproven',
  'store-ahead': 'unproven',
  'store-grant': 'unproven',
  'no-marks': 'unproven',
  'decision-unproven': 'unproven',
  'change-fork': 'violation',
  'change-missing': 'unproven',
} as const;

export type FindingKind = keyof typeof FINDINGS;
export type Weight = (typeof FINDINGS)[FindingKind];

/** One thing that the proof found. */
export interface Finding {
  readonly kind: FindingKind;
  readonly weight: Weight;
  /** `chain/key/duty`, of a change `chain/key` or `tokens`; null for a finding about all of them. */
  readonly mark: string | null;
  readonly epoch: string | null;
  /** First and last sequence number concerned, as decimal text. */
  readonly seqs: readonly [from: string, to: string] | null;
  readonly unit: string | null;
  /** Hashes of the entries concerned. */
  readonly hashes: readonly string[];
  readonly text: string;
}

export interface FindingAt {
  readonly mark?: string;
  readonly epoch?: string;
  readonly seqs?: readonly [from: bigint, to: bigint];
  readonly unit?: string;
  readonly hashes?: readonly string[];
}

export type Findings = ReturnType<typeof collectFindings>;

/** Findings of one kind that a report names; further ones are counted only. */
export const KEPT_PER_KIND = 100;

/** Takes findings; keeps a bounded number of each kind and counts all. */
export function collectFindings() {
  const kept: Finding[] = [];
  const counts: Partial<Record<FindingKind, number>> = {};
  return {
    add(kind: FindingKind, text: string, at: FindingAt = {}): void {
      const { mark, epoch, seqs, unit, hashes } = at;
      const count = (counts[kind] ?? 0) + 1;
      counts[kind] = count;
      if (count > KEPT_PER_KIND) return;
      kept.push({
        kind,
        weight: FINDINGS[kind],
        mark: mark ?? null,
        epoch: epoch ?? null,
        seqs: seqs === undefined ? null : [seqs[0].toString(), seqs[1].toString()],
        unit: unit ?? null,
        hashes: hashes ?? [],
        text,
      });
    },
    kept: (): readonly Finding[] => kept,
    counts: (): Readonly<Partial<Record<FindingKind, number>>> => counts,
    count: (weight: Weight): number =>
      Object.entries(counts).reduce(
        (sum, [kind, count]) => (FINDINGS[kind as FindingKind] === weight ? sum + (count ?? 0) : sum),
        0,
      ),
  };
}
