export {
  keyFromSecret as operatorKeyFrom,
  newKey as newOperatorKey,
  newKeySecret as newOperatorSecret,
  SECRET_BYTES,
} from '@watchbill/chain/keys';
