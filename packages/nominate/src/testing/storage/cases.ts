import type { StoreCase } from './storage-fixture.ts';
import { intentCases } from './intent-cases.ts';
import { listCases } from './list-cases.ts';

/** What every store of a programme must do, whichever engine is under it. */
export const STORE_CASES: readonly StoreCase[] = [...listCases, ...intentCases];
