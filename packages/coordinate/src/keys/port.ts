export {
  KEY_SCHEMES,
  type KeyScheme,
  type PublicIdentity,
  /** The key of an operator. Its signatures are deterministic, so that a step of the engine can run again. */
  type SigningKey as OperatorKey,
  type VerifySignature,
} from '@watchbill/chain/keys';
