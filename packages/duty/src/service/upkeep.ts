/** Work that an operator repeats, as this service remembers it: decision 0035. Times in Unix milliseconds. */

/** A complete export of this service's ledger. */
export interface LastExport {
  readonly atMs: number;
  readonly by: string;
  readonly lines: number;
}

/** A proof that an operator made from exports, and reported: `watchbill ledger verify --report`. */
export interface LastVerification {
  readonly atMs: number;
  readonly by: string;
  readonly verdict: 'proven' | 'unproven' | 'violation';
}

/** Null for work that was not reported to this service. */
export interface Upkeep {
  readonly lastExport: LastExport | null;
  readonly lastVerification: LastVerification | null;
}

/** A report of one proof. */
export interface VerificationReport {
  /** The ledger that the exports belong to. */
  readonly ledger: string;
  readonly verdict: LastVerification['verdict'];
}
