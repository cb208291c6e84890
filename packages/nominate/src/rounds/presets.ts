import { KUSAMA_2024, KUSAMA_2026, POLKADOT_2024, POLKADOT_2026 } from '../checks/chain-rules.ts';
import { KUSAMA_RANK_RULES, POLKADOT_RANK_RULES } from '../history/rank-rules.ts';
import { WEIGHTS_1KV_PRODUCTION, WEIGHTS_FAIR } from '../score/weights.ts';
import { type Programme, programmeOf } from './programme.ts';

const BANNED = ['Hetzner Online GmbH', 'Contabo Inc.', 'Contabo GmbH'];

/** The nominators of a preset; see `nominators` of the programme. */
export type NominatorRules = readonly {
  readonly name: string;
  readonly stashKey: string;
  readonly tiers?: readonly string[];
}[];

/** The options of a preset. */
export interface Preset {
  readonly network: 'kusama' | 'polkadot';
  /** `1kv`: rules, profile and counts of the old programme. `fair`: those of 2026, without its flaws. */
  readonly profile: '1kv' | 'fair';
}

/** An initial programme; every part of it can be changed. */
export function presetProgramme({ network, profile }: Preset, nominators: NominatorRules): Programme {
  const isKusama = network === 'kusama';
  const isOld = profile === '1kv';
  const old = isKusama ? KUSAMA_2024 : POLKADOT_2024;
  const fair = isKusama ? KUSAMA_2026 : POLKADOT_2026;
  const fiftyTokens = isKusama ? '50000000000000' : '500000000000';
  // One and a half times the length of an era: 24 hours on Polkadot, 6 on Kusama.
  const longestEraMs = (isKusama ? 9 : 36) * 3_600_000;
  const caps = { identity: 1, operator: 1, provider: null, country: null };
  const read = programmeOf({
    version: 1,
    name: `${network} ${profile}`,
    network,
    checks: isOld ? old : fair,
    profile,
    weights: isOld ? WEIGHTS_1KV_PRODUCTION : WEIGHTS_FAIR,
    bannedProviders: BANNED,
    rank: isKusama ? KUSAMA_RANK_RULES : POLKADOT_RANK_RULES,
    nominators,
    round: {
      everyEras: isKusama ? 4 : 1,
      minimumActive: fiftyTokens,
      count: isOld ? '1kv' : 'simulate',
      longestEraMs: isOld ? null : longestEraMs,
    },
    caps: isOld ? undefined : { perSlice: caps, perRound: { ...caps, identity: 2, operator: 2 } },
  });
  if (!read.ok)
    throw new RangeError(read.problems.map(({ path, message }) => `${path}: ${message}`).join('; '));
  return read.programme;
}
