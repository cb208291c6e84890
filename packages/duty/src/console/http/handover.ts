import type { ServerResponse } from 'node:http';
import { type Permit, PermitFault } from '../../service/index.ts';
import type { ActionPage } from '../pages/handover.ts';
import type { KeyView } from '../view/view.ts';

type Outcome = Pick<ActionPage, 'drill' | 'result'> & { readonly status: number };

const DIGITS = 6;

/**
 * Runs a drill, or a drill and then the handover. A drill that is not ok and digits that do not fit refuse
 * the handover. If the browser closes the connection, the handover is called off.
 */
export async function runHandover(
  permit: Permit,
  { chain, key }: Pick<KeyView, 'chain' | 'key'>,
  form: URLSearchParams,
  by: string,
  response: ServerResponse,
): Promise<Outcome> {
  const to = form.get('to') ?? '';
  // Before the drill, which takes a while: `close` comes once.
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  try {
    const drill = await permit.drill(chain, key, to, by);
    if (form.get('do') !== 'handover') return { status: 200, drill, result: null };
    const refused = refusalOf(fitsDigits(form, key), drill.state);
    if (refused !== null) return { status: 409, drill, result: { isDone: false, text: refused } };
    if (gone.signal.aborted)
      return { status: 409, drill, result: { isDone: false, text: 'Not handed over: the page was closed.' } };
    const { holder, term } = await permit.handOver(chain, key, to, { by, signal: gone.signal });
    return {
      status: 200,
      drill,
      result: { isDone: true, text: `${holder ?? 'No node'} is active, term ${term}.` },
    };
  } catch (error) {
    if (!(error instanceof PermitFault)) throw error;
    const text = `The service refused: ${error.message}. ${error.remedy}`;
    return { status: error.status, drill: null, result: { isDone: false, text } };
  }
}

/** Whether a person typed the last six digits of the key. */
export function fitsDigits(form: URLSearchParams, key: string): boolean {
  return form.get('digits')?.toLowerCase() === key.slice(-DIGITS);
}

function refusalOf(isKey: boolean, state: string): string | null {
  if (!isKey) return `Not handed over: these are not the last six digits of the key.`;
  return state === 'ok' ? null : 'Not handed over: a needed check of the drill is not ok.';
}
