export { type CommandKeyParts, commandKey, type KeyCommand } from './command-key.ts';
export {
  KeyFileError,
  type KeyFileProblem,
  type OperatorFile,
  readOperatorFile,
  readOperatorKey,
  readOperatorSecret,
  writeOperatorKey,
} from './key-file.ts';
export { newOperatorKey, newOperatorSecret, operatorKeyFrom, SECRET_BYTES } from './operator-key.ts';
export {
  KEY_SCHEMES,
  type KeyScheme,
  type OperatorKey,
  type PublicIdentity,
  type VerifySignature,
} from './port.ts';
export { publicKeyFromText, publicKeyText } from './public-key-text.ts';
export { SignerUnavailable } from './signer-unavailable.ts';
export { PUBLIC_KEY_BYTES, SIGNATURE_BYTES, sameIdentity, verifySignature } from './verify.ts';
