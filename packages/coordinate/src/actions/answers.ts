import { NodeFault } from '@watchbill/chain';
import type { Validation } from '../rules.ts';
import { bytesOfRecord } from './content.ts';
import { ACTION_REFUSALS, type ActionRefusal } from './refusals.ts';
import { oneLine } from './text.ts';

export const VALID: Validation = { result: 'valid' };

/**
 * Refused for a reason that others can check from `facts`, which every member reads alike at the reference
 * block.
 */
export function refusedByFacts(
  code: ActionRefusal,
  facts: Readonly<Record<string, unknown>>,
  detail: string,
): Validation {
  const text = `${ACTION_REFUSALS[code]}: ${oneLine(detail)}`;
  return { result: 'refused', code, detail: text, facts: bytesOfRecord({ code, ...facts }) };
}

/** Refused because of the content alone, or for a reason of this node; no member is at fault. */
export function refused(code: ActionRefusal, detail = ''): Validation {
  const text = detail === '' ? ACTION_REFUSALS[code] : `${ACTION_REFUSALS[code]}: ${oneLine(detail)}`;
  return { result: 'refused', code, detail: text, facts: new Uint8Array() };
}

/**
 * The answer; `unknown` if the node, a file or the settings could not be read: then the member does not sign.
 */
export async function answered(ask: () => Promise<Validation>): Promise<Validation> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof NodeFault)
      return { result: 'unknown', why: `${error.code}: ${oneLine(error.message)}; ${error.remedy}` };
    return { result: 'unknown', why: error instanceof Error ? oneLine(error.message) : 'unknown reason' };
  }
}
