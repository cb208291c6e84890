export { checksumAddress, ethereumAddress } from './ethereum-address.ts';
export { keyFromSecret, newKey, newKeySecret, SECRET_BYTES } from './from-secret.ts';
export { KeyFault } from './key-fault.ts';
export { openKeyFile, readKeyFile, type Secret, sealKeyFile } from './key-file.ts';
export { type PassphraseSource, readPassphrase, SHORTEST_PASSPHRASE } from './passphrase.ts';
export {
  KEY_SCHEMES,
  type KeyScheme,
  type PublicIdentity,
  type SigningKey,
  type VerifySignature,
} from './port.ts';
export { askProgram, MOST_ANSWER_BYTES, type SigningProgram } from './program.ts';
export {
  type AccountScheme,
  DEVELOPMENT_PHRASE,
  newMnemonic,
  publicKeyOfUri,
  readSecretUri,
  type SessionScheme,
} from './secret-uri.ts';
export { type SessionKey, verifySessionProof } from './session-proof.ts';
export { sr25519SecretOf } from './sr25519.ts';
export { PUBLIC_KEY_BYTES, SIGNATURE_BYTES, sameIdentity, verifySignature } from './verify.ts';
