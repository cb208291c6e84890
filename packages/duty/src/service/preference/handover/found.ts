import type { DrillCheck } from '../../contract.ts';

/** The result of one check. */
export type Found = Pick<DrillCheck, 'state' | 'detail'> & { readonly remedy?: string | undefined };

export const ok = (detail: string): Found => ({ state: 'ok', detail });
export const fail = (detail: string, remedy?: string): Found => ({ state: 'fail', detail, remedy });
export const unclear = (detail: string, remedy?: string): Found => ({ state: 'unknown', detail, remedy });
