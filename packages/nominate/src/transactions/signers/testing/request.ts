import type { SigningRequest } from '../port.ts';

/** A request to sign a nomination by an account, with changes. */
export function requestBy(account: string, change: Partial<SigningRequest> = {}): SigningRequest {
  return {
    id: 'ab'.repeat(32),
    account,
    asked: { call: 'nominate', targets: [] },
    inner: null,
    nominator: account,
    round: 'round 7',
    era: 7,
    nonce: 3,
    birth: '100',
    birthHash: `0x${'22'.repeat(32)}`,
    death: '164',
    genesis: `0x${'33'.repeat(32)}`,
    specVersion: 1,
    transactionVersion: 1,
    tip: '0',
    call: '0x01',
    payload: '0x0102',
    message: '0x0102',
    ...change,
  };
}
