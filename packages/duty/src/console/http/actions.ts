import type { ServerResponse } from 'node:http';
import { type Drill, type Permit, PermitFault, reasonText } from '../../service/index.ts';
import type { ActionPage } from '../pages/actions.ts';
import type { KeyView } from '../view/view.ts';

type Outcome = Pick<ActionPage, 'drill' | 'result'> & { readonly status: number };

const DIGITS = 6;

/**
 * Freezes a key, or lifts the freeze that the page showed. Digits that do not fit refuse both. An operator
 * who comes second reads who changed the key first, when and why.
 */
export async function runFreeze(
  permit: Pick<Permit, 'freeze' | 'liftFreeze' | 'policies'>,
  { chain, key }: Pick<KeyView, 'chain' | 'key'>,
  form: URLSearchParams,
  by: string,
): Promise<Outcome> {
  const reason = (form.get('reason') ?? '').trim();
  const frozenAtMs = Number(form.get('freeze'));
  if (!fitsDigits(form, key)) return told(409, 'Not changed: these are not the last six digits of the key.');
  if (!reasonText.safeParse(reason).success) return told(400, 'Not changed: say why, in one line.');
  try {
    if (form.get('do') === 'lift') {
      await permit.liftFreeze({ chain, key, reason, frozenAtMs }, by);
      return told(200, `The freeze is lifted: ${reason}.`);
    }
    const [policy] = await permit.freeze({ chain, key, reason }, by);
    const { freeze } = policy ?? {};
    if (freeze === undefined || (freeze.by === by && freeze.reason === reason))
      return told(200, `The key is frozen, by ${by}: ${reason}.`);
    return told(200, `The key was frozen already, ${changeText(freeze)}.`);
  } catch (error) {
    if (!(error instanceof PermitFault)) throw error;
    const policies = await permit.policies();
    const freeze = policies.find((policy) => policy.chain === chain && policy.key === key)?.freeze;
    if (error.code === 'not-frozen' && freeze?.lifted)
      return told(409, `Not changed: the freeze was lifted already, ${changeText(freeze.lifted)}.`);
    if (error.code === 'changed' && freeze?.lifted === null && freeze.atMs !== frozenAtMs)
      return told(
        409,
        `Not changed: the key was frozen again after this page was made, ${changeText(freeze)}.`,
      );
    return refusedBy(error);
  }
}

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
    if (!fitsDigits(form, key))
      return told(409, 'Not handed over: these are not the last six digits of the key.', drill);
    if (drill.state !== 'ok')
      return told(409, 'Not handed over: a needed check of the drill is not ok.', drill);
    if (gone.signal.aborted) return told(409, 'Not handed over: the page was closed.', drill);
    const { holder, term } = await permit.handOver(chain, key, to, { by, signal: gone.signal });
    return told(200, `${holder ?? 'No node'} is active, term ${term}.`, drill);
  } catch (error) {
    if (!(error instanceof PermitFault)) throw error;
    return refusedBy(error);
  }
}

/** Whether a person typed the last six digits of the key. */
function fitsDigits(form: URLSearchParams, key: string): boolean {
  return form.get('digits')?.toLowerCase() === key.slice(-DIGITS);
}

function told(status: number, text: string, drill: Drill | null = null): Outcome {
  return { status, drill, result: { isDone: status === 200, text } };
}

function refusedBy({ status, message, remedy }: PermitFault): Outcome {
  return told(status, `The service refused: ${message}. ${remedy}`);
}

type Change = { readonly by: string; readonly atMs: number; readonly reason: string };

/** For example `by ada at 2026-11-23T04:10:00Z: a copy of the disk is missing`. */
function changeText({ by, atMs, reason }: Change): string {
  return `by ${by} at ${new Date(atMs).toISOString().slice(0, 19)}Z: ${reason}`;
}
