export {
  type Changed,
  CREDENTIAL_KEYS,
  type CredentialKey,
  type CredentialLook,
  type CredentialState,
  type Credentials,
  type LoadingUnit,
  tooOld,
} from '../machines/credentials.ts';
export { type CredentialOptions, openCredentials } from '../machines/open-credentials.ts';
export { credentialName } from './credential.ts';
export { inFolder } from './folder.ts';
export { SECRET_USES, type SecretEntry, type SecretUse, secretsOf } from './needs.ts';
export { type CheckedValue, checkedValue, LONGEST_VALUE_BYTES } from './value.ts';
