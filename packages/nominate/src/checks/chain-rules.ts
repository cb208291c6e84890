import type { CheckRule, CheckRules } from './rules.ts';

const BANNED_PROVIDERS = ['Hetzner Online GmbH', 'Contabo Inc.', 'Contabo GmbH'];
/** The spellings of `sanctionedRegions` in the configuration of the old programme on Kusama. */
const SANCTIONED = {
  countries: ['RU', 'IR', 'CU', 'KP', 'SY'],
  regions: [
    ...['Crimea', 'Autonomous Republic of Crimea', 'Republic of Crimea'],
    ...['Luhansk', 'Luhanska Oblast', 'Luhanska', 'Luganskaya Oblast’', 'Luganskaya'],
    ...['Donetsk', 'Donetska Oblast', 'Donetskaya Oblast’', 'Donetska', 'Donetskaya'],
    ...['Sevastopol City', 'Sevastopol', 'Gorod Sevastopol'],
  ],
};

type Parameters = Readonly<Record<string, unknown>>;

function hold(id: string, parameters: Parameters = {}): CheckRule {
  return { id, whenUnknown: 'hold', parameters };
}

function allow(id: string, parameters: Parameters = {}): CheckRule {
  return { id, whenUnknown: 'allow', parameters };
}

interface Money {
  readonly minimumStake: string;
  readonly leastPerbill: number;
  readonly mostPerbill: number;
  readonly unclaimedEras: number;
}

function rulesOf(version: string, about: string, money: Money): CheckRules {
  return {
    version,
    about,
    checks: [
      hold('online'),
      hold('validate-intention'),
      allow('client-upgrade'),
      hold('connection-time'),
      hold('identity'),
      hold('accumulated-offline-time'),
      hold('maximum-commission', { perbill: money.mostPerbill }),
      hold('minimum-commission', { perbill: money.leastPerbill }),
      hold('self-stake', { minimum: money.minimumStake }),
      allow('unclaimed-rewards', { eraThreshold: money.unclaimedEras }),
      hold('blocked'),
      allow('kusama-rank'),
      allow('provider', { banned: BANNED_PROVIDERS }),
      allow('beefy'),
      allow('sanctioned-area', SANCTIONED),
    ],
  };
}

/**
 * Polkadot since March 2026: a self-stake of 10,000 DOT and a commission of at least 10 %, or anyone may
 * chill the validator (docs.polkadot.com).
 */
export const POLKADOT_2026 = rulesOf('polkadot-2026', 'Polkadot since March 2026', {
  minimumStake: '100000000000000',
  leastPerbill: 100_000_000,
  mostPerbill: 150_000_000,
  unclaimedEras: 1,
});

/** Kusama 2026, self stake as in the later programmes: 250 KSM. */
export const KUSAMA_2026 = rulesOf('kusama-2026', 'Kusama in 2026', {
  minimumStake: '250000000000000',
  leastPerbill: 0,
  mostPerbill: 150_000_000,
  unclaimedEras: 4,
});

/** The settings of the old programme on Polkadot: under the rules of 2026 no validator can pass them. */
export const POLKADOT_2024 = rulesOf(
  'polkadot-2024',
  'the Thousand Validators Programme on Polkadot, November 2024',
  {
    minimumStake: '50000000000000',
    leastPerbill: 0,
    mostPerbill: 50_000_000,
    unclaimedEras: 1,
  },
);

export const KUSAMA_2024 = rulesOf(
  'kusama-2024',
  'the Thousand Validators Programme on Kusama, November 2024',
  {
    minimumStake: '10000000000000',
    leastPerbill: 0,
    mostPerbill: 150_000_000,
    unclaimedEras: 4,
  },
);

/** Rules by name, for configurations. */
export const CHAIN_RULES: Readonly<Record<string, CheckRules>> = Object.fromEntries(
  [POLKADOT_2026, KUSAMA_2026, POLKADOT_2024, KUSAMA_2024].map((rules) => [rules.version, rules]),
);
