/** Why a recovery was not carried out, or not to its end, and the remedy. */
export class RecoveryFault extends Error {
  readonly code:
    | 'plan-outdated'
    | 'plan-old'
    | 'plan-unfit'
    | 'services-live'
    | 'other-ledger'
    | 'store-empty'
    | 'floor-low'
    | 'report-held'
    | 'store-unsure';
  readonly remedy: string;
  constructor(code: RecoveryFault['code'], message: string, remedy: string) {
    super(message);
    this.name = 'RecoveryFault';
    this.code = code;
    this.remedy = remedy;
  }
}
