export { readAddress, writeAddress } from './ss58.ts';
