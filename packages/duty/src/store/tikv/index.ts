export type { TikvCall, TikvOptions, TikvWentBack } from './options.ts';
export { openTikvStore } from './store.ts';
