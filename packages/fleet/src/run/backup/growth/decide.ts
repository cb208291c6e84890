import type { Grow } from '../../../file/network/index.ts';

/** A volume, and how full it is. Bytes; null: not known. */
export interface VolumeUse {
  readonly claim: string;
  /** The size that its claim requests. */
  readonly requestBytes: number;
  /** Its actual size; smaller than the request while it grows. Null: it does not exist yet. */
  readonly sizeBytes: number | null;
  /** Of its file system, according to the machine that has it mounted. */
  readonly capacityBytes: number | null;
  readonly usedBytes: number | null;
}

export type GrowthKind = 'grow' | 'enough' | 'growing' | 'at-limit' | 'unknown';

export interface Growth {
  readonly claim: string;
  readonly kind: GrowthKind;
  /** 0 to 1; null: not known. */
  readonly usedShare: number | null;
  readonly fromBytes: number;
  /** The same as `fromBytes` unless it grows; never less. */
  readonly toBytes: number;
  readonly why: string;
}

const GIB = 2 ** 30;

/** Whether a volume grows, and to which size. A volume of unknown use does not grow. */
export function decideGrowth(use: VolumeUse, grow: Grow): Growth {
  const { claim, requestBytes: fromBytes } = use;
  const usedShare = shareOf(use);
  const stays = (kind: GrowthKind, why: string): Growth => ({
    claim,
    kind,
    usedShare,
    fromBytes,
    toBytes: fromBytes,
    why,
  });
  if (usedShare === null) return stays('unknown', 'it is not known how full it is');
  if (use.sizeBytes === null) return stays('unknown', 'its size is not known');
  if (use.sizeBytes < fromBytes)
    return stays('growing', 'a larger size was requested already, and it has not grown yet');
  if (usedShare * 100 < grow.atUsedPercent)
    return stays('enough', `less than ${grow.atUsedPercent} % is used`);
  const wanted =
    grow.byGiB === undefined ? fromBytes * (1 + (grow.byPercent ?? 0) / 100) : fromBytes + grow.byGiB * GIB;
  const toBytes = Math.min(Math.ceil(wanted / GIB) * GIB, grow.maxGiB * GIB);
  if (toBytes <= fromBytes) return stays('at-limit', `it may not be larger than ${grow.maxGiB} GiB`);
  return {
    claim,
    kind: 'grow',
    usedShare,
    fromBytes,
    toBytes,
    why: `${grow.atUsedPercent} % or more is used`,
  };
}

function shareOf({ usedBytes, capacityBytes }: VolumeUse): number | null {
  if (usedBytes === null || capacityBytes === null) return null;
  if (
    !(capacityBytes > 0) ||
    !(usedBytes >= 0) ||
    !Number.isFinite(usedBytes) ||
    !Number.isFinite(capacityBytes)
  )
    return null;
  // More bytes used than the volume has: the two figures belong to different volumes.
  return usedBytes > capacityBytes ? null : usedBytes / capacityBytes;
}
