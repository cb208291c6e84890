import { hexOf } from '@watchbill/chain';
import { accountOfText, type Json, jsonMember } from '@watchbill/chain/extrinsics';
import type { RoleSet } from '@watchbill/nominate/chain';
import type { ChopsticksChain } from '@watchbill/testkit/chopsticks';
import { ALICE, UNIT, VALIDATORS } from './accounts.ts';
import { stored } from './eras.ts';
import { assertPays, type PaidEra, writePaidEra } from './payouts.ts';
import { included } from './programme.ts';

const ERA = 0;
const OWN = 90_000n * UNIT + 7n;
const [LARGE, SMALL, THIRD] = [5_000n * UNIT + 1n, 333n * UNIT, 777n * UNIT + 3n] as const;

/** Two bonded accounts, by public key: an account without a bond is paid nothing. */
export interface Backers {
  readonly nominator: string;
  readonly newcomer: string;
}

/**
 * One page for one validator and two pages for another, both claimed; `page-amount.test.ts` has the same
 * figures.
 */
export async function assertPaysByPages(
  chain: ChopsticksChain,
  roles: RoleSet,
  { nominator, newcomer }: Backers,
): Promise<void> {
  const [alice = '', bob = ''] = VALIDATORS;
  const [large, third] = [
    { who: nominator, value: LARGE },
    { who: newcomer, value: THIRD },
  ];
  const cases: readonly Pick<PaidEra, 'stash' | 'pages' | 'each'>[] = [
    {
      stash: alice,
      pages: [[large, { who: bob, value: SMALL }, third]],
      each: [[340_491_480_165n, 17_448_836_910n, 1_162_092_531n, 2_711_549_255n]],
    },
    {
      stash: bob,
      pages: [[large, { who: alice, value: SMALL }], [third]],
      each: [
        [337_738_781_219n, 17_448_836_910n, 1_162_092_531n],
        [2_752_698_604n, 2_711_549_255n],
      ],
    },
  ];
  for (const one of cases) {
    const paid = { ...one, era: ERA, own: OWN };
    await writePaidEra(chain, paid, true);
    await assertPays(chain, roles, paid, (page) => [
      'Staking',
      'payout_stakers_by_page',
      { validator_stash: one.stash, era: ERA, page },
    ]);
  }
}

/**
 * Money for the pots of an era that ended in the newest block, which made their accounts. Nothing mints into
 * them here, and from then on rewards of the era come out of them.
 */
export async function fillPots(chain: ChopsticksChain): Promise<void> {
  const events = await stored(chain, 'System', 'Events');
  const made = (Array.isArray(events) ? events : []).flatMap(newAccount);
  await included(
    chain,
    ALICE,
    made.map((value) => [
      'Balances',
      'transfer_allow_death',
      { dest: { type: 'Id', value }, value: String(10n * UNIT) },
    ]),
  );
}

function newAccount(record: Json): readonly string[] {
  const event = jsonMember(record, 'event');
  const inner = jsonMember(event, 'value');
  if (jsonMember(event, 'type') !== 'System' || jsonMember(inner, 'type') !== 'NewAccount') return [];
  const account = accountOfText(String(jsonMember(jsonMember(inner, 'value'), 'account')));
  return [hexOf(account ?? new Uint8Array())];
}
