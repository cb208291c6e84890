import { accumulatedOfflineTime } from './accumulated-offline-time.ts';
import { beefy } from './beefy.ts';
import { blocked } from './blocked.ts';
import type { Check } from './check.ts';
import { clientUpgrade } from './client-upgrade.ts';
import { maximumCommission, minimumCommission } from './commission.ts';
import { connectionTime } from './connection-time.ts';
import { identity } from './identity.ts';
import { kusamaRank } from './kusama-rank.ts';
import { kyc } from './kyc.ts';
import { online } from './online.ts';
import { provider } from './provider.ts';
import { sanctionedArea } from './sanctioned-area.ts';
import { selfStake } from './self-stake.ts';
import { unclaimedRewards } from './unclaimed-rewards.ts';
import { validateIntention } from './validate-intention.ts';

/** All built-in checks, in the order of results. */
export const CHECKS: readonly Check[] = [
  online,
  validateIntention,
  clientUpgrade,
  connectionTime,
  identity,
  accumulatedOfflineTime,
  maximumCommission,
  minimumCommission,
  selfStake,
  unclaimedRewards,
  blocked,
  kusamaRank,
  provider,
  beefy,
  sanctionedArea,
  kyc,
];
