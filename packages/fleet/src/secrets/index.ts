export { credentialName } from './credential.ts';
export { inFolder } from './folder.ts';
export { SECRET_USES, type SecretEntry, type SecretUse, secretsOf } from './needs.ts';
export { type CheckedValue, checkedValue, LONGEST_VALUE_BYTES } from './value.ts';
