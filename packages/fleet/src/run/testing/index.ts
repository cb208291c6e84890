export { type FakeRecords, fakeRecords } from '../apply/testing/fake-records.ts';
export { CERTIFICATE, CERTIFICATE_KEY } from './certificate.ts';
