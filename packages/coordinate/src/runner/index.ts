export type { Receipt } from '../actions/receipt.ts';
export { RunnerFault, type RunnerFaultCode } from './fault.ts';
export type { RunEvent, RunLimits } from './group-events.ts';
export type { ClockSource, Executor, ProcedurePorts, Records, RunnerPorts } from './ports.ts';
export { type OpenTransport, type RunOptions, runGroup } from './run-group.ts';
export { COORDINATE_METRICS } from './watch/metric-catalogue.ts';

/** The package that {@link loadRuntime} loads. */
export type Runtime = typeof import('./runtime.ts');

/**
 * Everything to run, check or make a group. It is loaded on demand, because it loads databases, sockets and
 * key libraries.
 */
export function loadRuntime(): Promise<Runtime> {
  return import('./runtime.ts');
}
