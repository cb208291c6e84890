export { CONTROLS, type Control, type SimulationOptions } from './options.ts';
export { type CheckReport, type SimulationReport, simulationText } from './report.ts';
export { simulate } from './simulate.ts';
export { CHECKS, type Check, type Violation } from './tally.ts';
