export { isNodeAddress } from '../address/ip.ts';
export { type PlaceFinder, placeFinder, remembering } from './finder.ts';
export { nameBook, nameResolver } from './names.ts';
export { readOwnAddresses } from './own-addresses.ts';
export type { FoundPlace, PlaceAnswer } from './port.ts';
export { programSource } from './program.ts';
export { tableSource } from './table.ts';
