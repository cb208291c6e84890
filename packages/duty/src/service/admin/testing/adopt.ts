import type { AdoptRequest, Permit } from '../../contract.ts';
import { CHAIN, KEY, NEVER_SIGNED } from '../../testing/services.ts';

/** Ada adopts the key of the tests: with these floors, and null for the other duties. */
export function adopt(
  permit: Permit,
  floors: AdoptRequest['floors'] = {},
  change: Partial<AdoptRequest> = {},
): ReturnType<Permit['adopt']> {
  const request = {
    chain: CHAIN,
    key: KEY,
    floors: { ...NEVER_SIGNED, ...floors },
    confirmation: 'it stopped',
  };
  return permit.adopt({ ...request, ...change }, 'ada');
}
