export { userOf } from '../../file/emit/index.ts';
export {
  type Changed,
  CREDENTIAL_KEYS,
  type CredentialKey,
  type CredentialLook,
  type CredentialState,
  type Credentials,
  type LoadingUnit,
  tooOld,
} from './credentials.ts';
export { type CredentialOptions, openCredentials } from './open-credentials.ts';
export type { RunScript } from './ssh.ts';
export { type MachineTarget, type MachineTargetOptions, machineTarget, openMachineTarget } from './target.ts';
