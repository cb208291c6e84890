export { type ReadFor, type ReadGraph, readNetworkFile, readNetworkText } from './read.ts';
