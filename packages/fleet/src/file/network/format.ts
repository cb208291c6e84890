/** The first line of a network file. */
export const NETWORK_FORMAT = 'watchbill/network/1';
