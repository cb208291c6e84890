import { PermitFault } from '../contract.ts';
import type { ServiceRecord } from '../ground/records.ts';

const RELEASE_INSTEAD =
  'To end a rollback report, release it: `watchbill rollback-report release ID --reason TEXT`.';

/** The record of a service that an operator approves. Throws a PermitFault (409) if that is refused. */
export function approved(id: string, record: ServiceRecord, reason: string, by: string): ServiceRecord {
  if (record.state === 'serving')
    throw new PermitFault('service-serving', 409, `service ${id} serves already`, RELEASE_INSTEAD);
  if (record.state === 'removed') {
    const message = `service ${id} was removed and stays removed`;
    throw new PermitFault('service-removed', 409, message, 'Start it with a new data directory instead.');
  }
  return { ...record, state: 'serving', vouchedBy: by, reason };
}

/** The record of a service that an operator removes. */
export function removed(record: ServiceRecord, reason: string, by: string): ServiceRecord {
  return { ...record, state: 'removed', reason: `${by}: ${reason}` };
}

export function notItself(): PermitFault {
  const remedy = 'Ask another service of the ledger, or stop this one.';
  return new PermitFault('service-self', 409, 'a service does not remove itself', remedy);
}
