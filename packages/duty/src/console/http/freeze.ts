import { type Permit, PermitFault, reasonText } from '../../service/index.ts';
import type { ActionPage } from '../pages/handover.ts';
import type { KeyView } from '../view/view.ts';
import { fitsDigits } from './handover.ts';

type Outcome = Pick<ActionPage, 'result'> & { readonly status: number };

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
  const refused = (status: number, text: string): Outcome => ({ status, result: { isDone: false, text } });
  const done = (text: string): Outcome => ({ status: 200, result: { isDone: true, text } });
  const held = async () =>
    (await permit.policies()).find((policy) => policy.chain === chain && policy.key === key)?.freeze;
  const reason = (form.get('reason') ?? '').trim();
  const frozenAtMs = Number(form.get('freeze'));
  if (!fitsDigits(form, key))
    return refused(409, 'Not changed: these are not the last six digits of the key.');
  if (!reasonText.safeParse(reason).success) return refused(400, 'Not changed: say why, in one line.');
  try {
    if (form.get('do') === 'lift') {
      await permit.liftFreeze({ chain, key, reason, frozenAtMs }, by);
      return done(`The freeze is lifted: ${reason}.`);
    }
    const [policy] = await permit.freeze({ chain, key, reason }, by);
    const { freeze } = policy ?? {};
    if (freeze === undefined || (freeze.by === by && freeze.reason === reason))
      return done(`The key is frozen, by ${by}: ${reason}.`);
    return done(`The key was frozen already, ${told(freeze)}.`);
  } catch (error) {
    if (!(error instanceof PermitFault)) throw error;
    const freeze = await held();
    if (error.code === 'not-frozen' && freeze?.lifted)
      return refused(409, `Not changed: the freeze was lifted already, ${told(freeze.lifted)}.`);
    if (error.code === 'changed' && freeze?.lifted === null && freeze.atMs !== frozenAtMs)
      return refused(409, `Not changed: the key was frozen again after this page was made, ${told(freeze)}.`);
    return refused(error.status, `The service refused: ${error.message}. ${error.remedy}`);
  }
}

type Change = { readonly by: string; readonly atMs: number; readonly reason: string };

/** For example `by ada at 2026-11-23T04:10:00Z: a copy of the disk is missing`. */
function told({ by, atMs, reason }: Change): string {
  return `by ${by} at ${new Date(atMs).toISOString().slice(0, 19)}Z: ${reason}`;
}
