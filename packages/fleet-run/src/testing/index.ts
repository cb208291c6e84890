export { CERTIFICATE, CERTIFICATE_KEY } from './certificate.ts';
