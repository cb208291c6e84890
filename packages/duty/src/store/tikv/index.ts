export type { TikvCall, TikvOptions, TikvTls, TikvWentBack } from './options.ts';
export { openTikvStore } from './store.ts';
