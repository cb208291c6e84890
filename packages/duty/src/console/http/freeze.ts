import { type Permit, PermitFault, reasonText } from '../../service/index.ts';
import type { FreezePage } from '../pages/freeze.ts';
import type { KeyView } from '../view/view.ts';
import { fitsDigits } from './handover.ts';

type Outcome = Pick<FreezePage, 'result'> & { readonly status: number };

/** Freezes a key, or lifts its freeze. Digits that do not fit refuse both. */
export async function runFreeze(
  permit: Pick<Permit, 'freeze' | 'liftFreeze'>,
  { chain, key }: Pick<KeyView, 'chain' | 'key'>,
  form: URLSearchParams,
  by: string,
): Promise<Outcome> {
  const refused = (status: number, text: string): Outcome => ({ status, result: { isDone: false, text } });
  const reason = (form.get('reason') ?? '').trim();
  if (!fitsDigits(form, key))
    return refused(409, 'Not changed: these are not the last six digits of the key.');
  if (!reasonText.safeParse(reason).success) return refused(400, 'Not changed: say why, in one line.');
  try {
    if (form.get('do') === 'lift') {
      await permit.liftFreeze({ chain, key, reason }, by);
      return { status: 200, result: { isDone: true, text: `The freeze is lifted: ${reason}.` } };
    }
    const [policy] = await permit.freeze({ chain, key, reason }, by);
    const { by: who = by, reason: why = reason } = policy?.freeze ?? {};
    return { status: 200, result: { isDone: true, text: `The key is frozen, by ${who}: ${why}.` } };
  } catch (error) {
    if (!(error instanceof PermitFault)) throw error;
    return refused(error.status, `The service refused: ${error.message}. ${error.remedy}`);
  }
}
