export { type GoRandom, goRandom, goRandoms } from './random.ts';
export { smallSeed } from './source.ts';
