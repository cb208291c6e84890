export { HARDENING, METADATA_SERVICE, SERVICE_HARDENING } from './hardening.ts';
export { quoted, variable } from './words.ts';
