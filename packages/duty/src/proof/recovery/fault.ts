import { PackageFault } from '@watchbill/kit';

/** Why a recovery was not carried out, or not completed, and the remedy. */
export class RecoveryFault extends PackageFault<
  | 'plan-outdated'
  | 'plan-old'
  | 'plan-unfit'
  | 'services-live'
  | 'other-ledger'
  | 'store-empty'
  | 'floor-low'
  | 'report-held'
  | 'store-unsure'
> {
  override readonly name = 'RecoveryFault';
}
