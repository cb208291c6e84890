export * from './metric-table.ts';
export * from './open-metrics.ts';
