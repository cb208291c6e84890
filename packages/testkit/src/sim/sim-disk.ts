import { type DiskContent, emptyDisk } from '@watchbill/duty/service/testing/fake-ledger';

/** The disk of a service: it outlives every process, and holds synced data only. */
export interface SimDisk extends DiskContent {
  /** Null until the first process opens a ledger on it. */
  serviceId: string | null;
  /** While true, every write is refused. */
  full: boolean;
}

export function createSimDisk(): SimDisk {
  return { ...emptyDisk(), serviceId: null, full: false };
}
