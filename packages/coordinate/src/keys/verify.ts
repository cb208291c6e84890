export { PUBLIC_KEY_BYTES, SIGNATURE_BYTES, sameIdentity, verifySignature } from '@watchbill/chain/keys';
