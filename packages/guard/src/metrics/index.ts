export { serveMetrics } from './http.ts';
export { guardMetrics, shadowMetrics } from './metrics.ts';
