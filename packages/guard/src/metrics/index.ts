export { guardMetrics } from './metrics.ts';
