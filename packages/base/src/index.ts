export { type Random, randomHex, systemRandom } from './random/random.ts';
export { type Clock, systemClock } from './time/clock.ts';
