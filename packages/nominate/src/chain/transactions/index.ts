export { type TransactionChainOptions, transactionChain } from './chain.ts';
export { makeKey, transactionCrypto } from './crypto.ts';
