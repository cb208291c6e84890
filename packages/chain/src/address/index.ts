export { type Address, readAddress, writeAddress } from './ss58.ts';
