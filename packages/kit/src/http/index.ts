export * from './json-schema.ts';
export * from './problem.ts';
export * from './route-table.ts';
export * from './serve-routes.ts';
export type { WordsOfPattern } from './shape-problem.ts';
