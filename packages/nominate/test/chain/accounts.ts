import { devKey } from '@watchbill/testkit';
import { type Account, accountOfSecret } from '@watchbill/testkit/chopsticks';

export { type Account, account, type Call, fund, signed, UNIT } from '@watchbill/testkit/chopsticks';

/** Validators of every chain here. */
export const VALIDATORS = (['Alice', 'Bob'] as const).map((name) => `0x${devKey(name).stash}`);

/** The sr25519 mini-secret of `//Alice`, which is public: she has sudo. */
const ALICE_SECRET = 'e5be9a5092b81bca64be81d212e7f2f9eba183bb7a90954f7b76361f6edb5c0a';
export const ALICE: Account = accountOfSecret(Buffer.from(ALICE_SECRET, 'hex'));
