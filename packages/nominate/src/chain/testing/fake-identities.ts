import type { FakeState } from '@watchbill/chain/testing';
import { accountOf } from './fake-accounts.ts';

/** The first candidate has an identity, the second is a sub of another account, the others have none. */
export function fillIdentities(state: FakeState, [own, sub]: readonly string[]): void {
  state.set('Identity', 'Registrars', [[[], [{ account: accountOf('holder', 1), fee: '0', fields: '0' }]]]);
  if (own !== undefined)
    state.set('Identity', 'IdentityOf', [
      [[own], registrationFor(state, 'First', ['Reasonable', 'OutOfDate'])],
    ]);
  if (sub === undefined) return;
  const holder = accountOf('holder', 2);
  state.set('Identity', 'SuperOf', [[[sub], [holder, textData('node 2')]]]);
  state.set('Identity', 'IdentityOf', [[[holder], registrationFor(state, 'Second', [])]]);
}

function textData(text: string): { readonly type: string; readonly value?: string } {
  const bytes = Buffer.from(text);
  return bytes.length === 0
    ? { type: 'Raw0', value: '0x' }
    : { type: `Raw${bytes.length}`, value: `0x${bytes.toString('hex')}` };
}

/** A registration in the shape of the runtime. */
function registrationFor(state: FakeState, display: string, judgements: readonly string[]) {
  const none = { type: 'None' };
  const given = judgements.map((type, n) => [n, { type }]);
  const base = {
    display: textData(display),
    legal: none,
    web: none,
    email: none,
    image: none,
    twitter: none,
  };
  const older = { ...base, additional: [], riot: none, pgp_fingerprint: null };
  const newer = { ...base, matrix: none, pgp_fingerprint: null, github: none, discord: none };
  const registration = (info: object) => ({ judgements: given, deposit: '0', info }) as const;
  const shapes = [registration(newer), registration(older), [registration(older), null]];
  const fits = shapes.find((shape) => {
    try {
      state.set('Identity', 'IdentityOf', [[[accountOf('controller', 8)], shape as never]]);
      return true;
    } catch {
      return false;
    }
  });
  return (fits ?? registration(newer)) as never;
}
