export { type FakeRecords, fakeRecords } from '../apply/testing/fake-records.ts';
export { type FakeTarget, fakeTarget } from '../apply/testing/fake-target.ts';
export { CERTIFICATE, CERTIFICATE_KEY } from './certificate.ts';
