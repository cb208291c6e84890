export * from './alert.ts';
export * from './alert-file.ts';
export * from './monitoring.ts';
export * from './thresholds.ts';
export * from './yaml.ts';
