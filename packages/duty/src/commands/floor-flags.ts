import { flag } from '@watchbill/kit/command/command';
import { repeated, text } from '@watchbill/kit/command/shapes';

/** Flags of a command that plans floors: the present of the chain, and floors that no node reports. */
export const floorFlags = {
  node: flag(repeated(text('url')), 'a node of the chain, for the present rounds (repeat; two are needed)'),
  floor: flag(
    repeated(text('chain/key/duty=unit')),
    'floor of one duty, if two nodes do not report it; `never` for a duty that never signed (repeat)',
  ),
};
