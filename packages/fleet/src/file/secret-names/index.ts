export { CREDENTIAL_FOLDER, credentialFile, credentialName, OLDEST_SYSTEMD } from './credential.ts';
export { type SecretEntry, type SecretUse, secretsOf, secretsOfNode } from './needs.ts';
