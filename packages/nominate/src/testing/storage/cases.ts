import { intentCases } from './intent-cases.ts';
import { listCases } from './list-cases.ts';
import type { StoreCase } from './storage-fixture.ts';

/** Conformance cases for every store of a programme, for each engine. */
export const STORE_CASES: readonly StoreCase[] = [...listCases, ...intentCases];
