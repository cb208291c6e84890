export * from './alert.ts';
export * from './grafana.ts';
export * from './panel.ts';
export * from './sentences.ts';
export * from './thresholds.ts';
export * from './yaml.ts';
