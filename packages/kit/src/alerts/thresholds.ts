import { z } from 'zod';

const share = z.number().gt(0).lt(1);

/** Thresholds of the alerts. Defaults fit chains with blocks of six seconds. */
export const thresholdsShape = z.strictObject({
  bestMinutes: z.int().min(1).max(120).default(3),
  finalityLagBlocks: z.int().min(2).max(10_000).default(20),
  leastPeers: z.int().min(1).max(1_000).default(3),
  channelItems: z.int().min(10).default(200),
  readyTransactions: z.int().min(1).default(1_000),
  /** A validator of a set of a thousand makes a block in two hours or so. */
  authorMinutes: z.int().min(1).max(1_440).default(240),
  voteMinutes: z.int().min(1).max(1_440).default(30),
  /** The window for own slots without a block, and the number and share of them that raise an alert. */
  missedMinutes: z.int().min(5).max(1_440).default(240),
  missedLeast: z.int().min(1).max(1_000).default(3),
  missedShare: share.default(0.2),
  /** Longer than two sessions of the chain. */
  keysHours: z.int().min(1).max(168).default(12),
  backupHours: z.int().min(1).max(2_160).default(26),
  drillDays: z.int().min(1).max(365).default(35),
  handoverDrillDays: z.int().min(1).max(365).default(30),
  lowPeersShare: share.default(0.3),
  slowShare: share.default(0.5),
  rpcErrorShare: share.default(0.05),
  diskDays: z.int().min(1).max(90).default(7),
  certificateDays: z.int().min(1).max(90).default(14),
  clockSkewSeconds: z.number().gt(0).max(60).default(0.5),
});

export type Thresholds = Readonly<z.output<typeof thresholdsShape>>;
