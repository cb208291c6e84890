export { GATE_SERIES, type GateSeries } from './gate-series.ts';
export { serviceMonitoring } from './monitoring.ts';
